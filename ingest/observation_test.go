package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/ingest"
	"github.com/closeofbusiness/cob/report"
)

// observation is a line with a value and what else is given in place of a field.
func observation(value string, change ...string) string {
	line := `{"kind":"observation","source":"helpdesk","metric":"wait","value":` + value +
		`,"unit":"min","labels":{"queue":"billing"},"observed_at":"2026-11-20T09:14:00+00:00"}`
	return strings.NewReplacer(change...).Replace(line) + "\n"
}

func word(t testing.TB, conn *pgxpool.Pool, query string, args ...any) (s string) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), query, args...).Scan(&s))
	return s
}

// Numbers are kept as they were written, to the last digit.
func TestObservations(t *testing.T) {
	t.Parallel()
	conn := open(t)
	res, err := ndjson(t, conn, observation("14.5")+
		observation("0.1", "09:14", "09:15")+observation("999999999999999.123456789012", "09:14", "09:16")+
		observation("-1.25e2", "09:14", "09:17")+observation("null", "09:14", "09:18")+
		observation("1", `,"labels":{"queue":"billing"}`, "")+
		observation("2", `{"queue":"billing"}`, `{"b":"x \"y\"","a":"é"}`)+
		`{"kind":"watermark","source":"helpdesk","feed":"observations","complete_through":"2026-11-20T17:00:00Z"}`+"\n")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"observation": 7, "watermark": 1}, res.Rows)
	for minute, want := range map[int]string{15: "0.1", 16: "999999999999999.123456789012", 17: "-125"} {
		require.Equal(t, want, word(t, conn, `SELECT value::text FROM ops.observation WHERE observed_at = $1::text::timestamptz`, fmt.Sprintf("2026-11-20 09:%d+00", minute)))
	}
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.observation WHERE value IS NULL`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.observation WHERE labels = '{}'`))
	require.Equal(t, int64(1), number(t, conn, `SELECT count(*) FROM ops.observation WHERE labels = '{"a":"é","b":"x \"y\""}'`))
	require.Zero(t, number(t, conn, `SELECT count(*) FROM staging.observation`))
	_, err = conn.Exec(t.Context(), `UPDATE ops.observation SET value = 1`)
	require.Error(t, err, "append-only")
}

// The same again adds nothing; another value of a later batch is a row beside it,
// and so is a value taken back.
func TestObservationsChange(t *testing.T) {
	t.Parallel()
	conn := open(t)
	_, err := ndjson(t, conn, observation("14.5"))
	require.NoError(t, err)
	for _, c := range []struct {
		text string
		rows int64
	}{
		{observation("14.50") + "\n", 0}, // the same number
		{observation("14.5", `{"queue":"billing"}`, `{ "queue" : "billing" }`), 0},
		{observation("15"), 1},
		{observation("1") + observation("16"), 1}, // the later line
		{observation("null"), 1},
		{observation("null") + "\n\n", 0},
		{observation("null", `"min"`, `"h"`), 1}, // another file may have another unit
	} {
		res, err := ndjson(t, conn, c.text)
		require.NoError(t, err)
		require.Equal(t, c.rows, res.Rows["observation"], c.text)
	}
	require.Equal(t, "16", word(t, conn, `SELECT value::text FROM ops.observation WHERE value IS NOT NULL ORDER BY batch DESC LIMIT 1`))
}

// Labels may be longer than what an index takes.
func TestObservationsWithLongLabels(t *testing.T) {
	t.Parallel()
	conn := open(t)
	var labels []string
	for i := range 16 {
		labels = append(labels, fmt.Sprintf(`"k%d":"%s"`, i, strings.Repeat("語", 198)+fmt.Sprintf("%02d", i)))
	}
	long := observation("1", `{"queue":"billing"}`, "{"+strings.Join(labels, ",")+"}")
	res, err := ndjson(t, conn, long)
	require.NoError(t, err)
	require.Equal(t, int64(1), res.Rows["observation"])
	res, err = ndjson(t, conn, long+"\n")
	require.NoError(t, err)
	require.Zero(t, res.Rows["observation"])
}

func TestRefusedObservations(t *testing.T) {
	t.Parallel()
	conn := open(t)
	for name, c := range map[string]struct{ line, want string }{
		"no value":           {observation("1", `"value":1,`, ""), "value: missing; a number from -10^15 to 10^15"},
		"a text":             {observation(`"1"`), `value: "\"1\""; a number`},
		"infinity":           {observation("1e999"), `value: "1e999"; a number`},
		"a huge exponent":    {observation("1e999999999"), "; a number"},
		"too large":          {observation("1000000000000000.1"), "; a number"},
		"too fine":           {observation("0.0000000000001"), "; a number"},
		"a tiny exponent":    {observation("1e-30"), "; a number"},
		"a long number":      {observation("1." + strings.Repeat("0", 50)), "; a number"},
		"no unit":            {observation("1", `"unit":"min",`, ""), "unit: missing; a unit of 1 to 12"},
		"a long unit":        {observation("1", `"min"`, `"thirteenchars"`), "unit: \"thirteenchars\"; a unit"},
		"an unseen unit":     {observation("1", `"min"`, `"m\u202en"`), "; a unit"},
		"a bad name":         {observation("1", `"wait"`, `"Wait time"`), `metric: "Wait time"; 1 to 63 characters`},
		"no time":            {observation("1", `"observed_at":"2026-11-20T09:14:00+00:00"`, `"observed_at":"today"`), `observed_at: "today"; a time with an offset`},
		"a time of its own":  {observation("1", `"unit"`, `"recorded_at":"2026-11-20T09:14:00+00:00","unit"`), "recorded_at: not a field of this kind"},
		"a number for label": {observation("1", `"billing"`, `7`), `labels.queue: "7"; a text of 1 to 200 printable characters without = { } was`},
		"a null for label":   {observation("1", `"billing"`, `null`), `labels.queue: "null"; a text`},
		"an empty label":     {observation("1", `"billing"`, `""`), `labels.queue: "\"\""; a text`},
		"a bad key":          {observation("1", `"queue"`, `"Queue"`), `labels.Queue: the key "Queue"; 1 to 63`},
		"two dimensions":     {observation("1", `"billing"`, `"a,channel=b"`), "labels.queue: "},
		"a control label":    {observation("1", `"billing"`, `"a\nb"`), "labels.queue: "},
		"a list of labels":   {observation("1", `{"queue":"billing"}`, `["a"]`), "labels: \"[\\\"a\\\"]\"; an object of at most 16 labels"},
		"too many labels": {observation("1", `{"queue":"billing"}`, `{"a":"1","b":"1","c":"1","d":"1","e":"1","f":"1","g":"1","h":"1","i":"1","j":"1","k":"1","l":"1","m":"1","n":"1","o":"1","p":"1","q":"1"}`),
			"labels: 17 labels; an object of at most 16"},
		"another unit": {observation("1", `"min"`, `"h"`, "09:14", "09:15"), `unit: "h"; "min" was expected: an earlier line has wait in it`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ndjson(t, conn, observation("1")+c.line)
			require.ErrorIs(t, err, report.ErrInvalid)
			var line *ingest.LineError
			require.ErrorAs(t, err, &line)
			require.Equal(t, int64(2), line.Line)
			require.ErrorContains(t, err, c.want)
			require.Zero(t, number(t, conn, `SELECT count(*) FROM ops.observation`))
		})
	}
}
