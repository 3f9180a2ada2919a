package db

import (
	"crypto/tls"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// FuzzURL: whatever is given, an error never shows it, and what is accepted
// asks for verify-full on every host but loopback.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"postgres://u:s3cret@db.example/d", "postgres://u@/d?host=/run", "postgres://u:s3cret@[::1]:5432/d?sslmode=require",
		"postgresql://u:s3cret@h:x/d", "host=h password=s3cret", "postgres://u@h/d?sslmode=disable&sslmode=verify-full", "postgres://u@a,b/d",
		"postgres://u@localhost/d?host=db.example", "postgres://u@localhost,db.example/d", "postgres://u@/d?host=localhost,db.example",
		"postgres://u@h/d?sslmode=verify-full&sslmode=disable", "postgres://u@h/d?ssl=true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		full, err := explicitURL(raw, false)
		if err != nil {
			if u, parseErr := url.Parse(raw); parseErr == nil {
				if password, set := u.User.Password(); set && len(password) > 5 && !strings.Contains(u.Host+u.RawQuery+"DATABASE_URL cannot be used (not shown here)", password) {
					require.NotContains(t, err.Error(), password)
				}
			}
			return
		}
		cfg, err := pgx.ParseConfig(full)
		if err != nil {
			return // refused later, as not understood
		}
		type attempt struct {
			host string
			tls  *tls.Config
		}
		attempts := []attempt{{cfg.Host, cfg.TLSConfig}}
		for _, f := range cfg.Fallbacks {
			attempts = append(attempts, attempt{f.Host, f.TLSConfig})
		}
		for _, a := range attempts {
			if !isLocal(a.host) {
				require.NotNil(t, a.tls, a.host)
				require.False(t, a.tls.InsecureSkipVerify, a.host)
			}
		}
	})
}
