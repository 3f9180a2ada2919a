package render

import (
	"syscall"
	"testing"
	"time"

	"github.com/closeofbusiness/cob/report/document"
)

// BenchmarkPDF draws a report of eight pages with a table of 200 rows and two
// charts, and tables of 1,000 and 10,000 rows.
func BenchmarkPDF(b *testing.B) {
	report := longDocument(200)
	report.Blocks = append(report.Blocks, examplePage2()...)
	for _, c := range []struct {
		name string
		doc  *document.Document
	}{{"report", report}, {"rows=1000", longDocument(1_000)}, {"rows=10000", longDocument(10_000)}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				if _, err := Render(b.Context(), c.doc, PDF); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpuTime is what the process has used on all processors. It includes what the
// garbage collector takes of processors that are idle: -cpu 1 leaves that out.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOthers renders the same report in the formats that need no fonts.
func BenchmarkOthers(b *testing.B) {
	d := longDocument(200)
	for _, f := range []Format{HTML, Markdown, JSON} {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Render(b.Context(), d, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
