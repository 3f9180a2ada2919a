package render

import (
	"fmt"
	"runtime"
	runtimemetrics "runtime/metrics"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/closeofbusiness/cob/report/document"
)

// BenchmarkPDF draws a report of eight pages with a table of 200 rows and two
// charts, and tables of 1,000, 10,000 and 100,000 rows, each with its tags and
// its data attached. It is to keep to 30 ms of processor and 40 MB allocated
// for the report, to 350 ms and 60 MB for 10,000 rows, and to as many
// microseconds a row for 100,000.
func BenchmarkPDF(b *testing.B) {
	report := longDocument(200)
	report.Blocks = append(report.Blocks, examplePage2()...)
	b.Run("report", func(b *testing.B) { benchmarkPDF(b, report, 0) })
	for _, rows := range []int{1_000, 10_000, document.MaxRows - 50} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) { benchmarkPDF(b, longDocument(rows), rows) })
	}
}

func benchmarkPDF(b *testing.B, d *document.Document, rows int) {
	b.ReportAllocs()
	size := 0
	peak := peakHeap(func() {
		out, err := Render(b.Context(), d, PDF)
		if err != nil {
			b.Fatal(err)
		}
		size = len(out)
	})
	b.ResetTimer()
	before := cpuTime(b)
	for b.Loop() {
		if _, err := Render(b.Context(), d, PDF); err != nil {
			b.Fatal(err)
		}
	}
	cpu := float64((cpuTime(b) - before).Microseconds()) / float64(b.N)
	b.ReportMetric(cpu/1000, "cpu-ms/op")
	b.ReportMetric(float64(peak)/1e6, "peak-live-MB")
	b.ReportMetric(float64(size)/1e3, "file-kB")
	if rows > 0 {
		b.ReportMetric(cpu/float64(rows), "cpu-µs/row")
	}
}

// peakHeap is how far the heap grows while f runs, garbage included that has
// not been swept: what a worker has to have.
func peakHeap(f func()) uint64 {
	runtime.GC()
	heap := func() uint64 {
		s := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		runtimemetrics.Read(s)
		return s[0].Value.Uint64()
	}
	base, peak := heap(), uint64(0)
	var done atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !done.Load() {
			peak = max(peak, heap())
			time.Sleep(200 * time.Microsecond)
		}
	}()
	f()
	done.Store(true)
	<-ended
	return peak - min(peak, base)
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

// BenchmarkOthers renders the same report in the formats that need no fonts, up to
// as many rows as a document may have: what a row costs stays the same.
func BenchmarkOthers(b *testing.B) {
	for _, n := range []int{200, 1_000, 10_000, 100_000} {
		d := longDocument(min(n, document.MaxRows-20))
		for _, f := range []Format{HTML, Markdown, JSON, CSV} {
			b.Run(fmt.Sprintf("%s/rows=%d", f, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Render(b.Context(), d, f); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			})
		}
	}
}
