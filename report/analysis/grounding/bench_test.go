package grounding

import (
	"testing"

	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// BenchmarkCheck holds one good draft against the facts of the example.
func BenchmarkCheck(b *testing.B) {
	m := material(b, facttest.Example())
	d := Draft{Claims: goodDays()[0].claims}
	b.ReportAllocs()
	for b.Loop() {
		m.Check(d)
	}
	b.ReportMetric(float64(len(d.Claims)), "claims")
}

// BenchmarkQuestion makes a question of the example's facts.
func BenchmarkQuestion(b *testing.B) {
	set := facttest.Example()
	b.ReportAllocs()
	for b.Loop() {
		m, err := New(set, analysis.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(m.Data())), "bytes")
	}
}
