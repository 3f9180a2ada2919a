package sample_test
import ("testing";"os";"time";"github.com/jackc/pgx/v5/pgxpool";"github.com/closeofbusiness/cob/ingest/sample")
func TestKeep(t *testing.T){ u:=os.Getenv("KEEP_URL"); if u=="" {t.Skip()}
 p,err:=pgxpool.New(t.Context(),u); if err!=nil {t.Fatal(err)}
 b:=time.Now(); r,err:=sample.Load(t.Context(),p,sample.Options{Until:"2026-11-20",BusinessDays:20}); t.Log(r,err,time.Since(b)) }
