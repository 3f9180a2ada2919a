// Package metric reads the files that declare metrics over observations.
package metric

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/calendar/yamlfile"
	"github.com/closeofbusiness/cob/report/fact"
)

// File is a metric file.
type File struct {
	Metric fact.Metric
	Note   string
}

// The limits of a metric.
const (
	maxID         = 63
	maxLabel      = 60 // characters
	maxUnit       = 12
	maxDecimals   = 6
	maxDimensions = 3
	maxNote       = 500
)

// The shares of what was expected that must have a value where a file doesn't
// say: what is added up is wrong without any of its parts, a mean is not.
const (
	coverageOfSums  = 1
	coverageOfMeans = 0.9
)

var (
	ids     = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,2}$`)
	names   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	sources = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
)

// Parse reads a metric file, YAML or JSON. Its error is everything that is wrong
// with it, and wraps report.ErrInvalid.
func Parse(b []byte) (*File, error) {
	read, err := yamlfile.Read("metric file", b)
	if err != nil {
		return nil, err
	}
	f := &file{File: read}
	m := fact.Metric{Feed: fact.Observations, Good: fact.NoPolarity, Declared: &fact.Declaration{}}
	f.identity(&m)
	f.source(m.Declared)
	f.aggregate(&m)
	f.unit(&m)
	f.dimensions(&m)
	f.coverage(m.Declared)
	out := &File{Metric: m}
	f.text("note", &out.Note, maxNote)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// file is one that is being read.
type file struct{ *yamlfile.File }

// required reads a field that must be there.
func (f *file) required(key string, into any, expected string) bool {
	if f.Field(key, into, expected) {
		return true
	}
	f.Wrong(key, "nothing", expected)
	return false
}

func (f *file) identity(m *fact.Metric) {
	const wantID = "an id such as tickets.first_response: two or three words of a-z, 0-9 and _ with dots between, at most 63 characters"
	if f.required("id", &m.ID, wantID) {
		group, _, _ := strings.Cut(m.ID, ".")
		switch {
		case !ids.MatchString(m.ID) || len(m.ID) > maxID:
			f.Wrong("id", quoted(m.ID), wantID)
		case slices.Contains(taken(), group):
			f.Wrong("id", quoted(m.ID), "a group of its own: "+strings.Join(taken(), ", ")+" are built in")
		}
	}
	const wantVersion = "a whole number from 1"
	if f.required("version", &m.Version, wantVersion) && (m.Version < 1 || m.Version > math.MaxInt32) {
		f.Wrong("version", fmt.Sprint(m.Version), wantVersion)
	}
	if !f.text("label", &m.Label, maxLabel) {
		m.Label = labelOf(m.ID)
	}
}

// taken are the groups of the metrics that are built in.
func taken() []string {
	var out []string
	for _, m := range fact.Builtin().Metrics() {
		if group, _, _ := strings.Cut(m.ID, "."); !slices.Contains(out, group) {
			out = append(out, group)
		}
	}
	return out
}

// labelOf is an ID as words: "Tickets first response".
func labelOf(id string) string {
	if id == "" {
		return ""
	}
	s := strings.NewReplacer(".", " ", "_", " ").Replace(id)
	return strings.ToUpper(s[:1]) + s[1:]
}

// text reads printable text of one line.
func (f *file) text(key string, into *string, most int) bool {
	expected := fmt.Sprintf("1 to %d printable characters", most)
	if !f.Field(key, into, expected) {
		return false
	}
	if !printable(*into, most) {
		f.Wrong(key, quoted(*into), expected)
	}
	return true
}

func printable(s string, most int) bool {
	n := len([]rune(s))
	return n > 0 && n <= most && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (f *file) source(d *fact.Declaration) {
	const expected = "the source of the observations: 1 to 63 characters a-z, 0-9, dot, underscore and hyphen"
	if f.required("source", &d.Source, expected) && !sources.MatchString(d.Source) {
		f.Wrong("source", quoted(d.Source), expected)
	}
}

// aggregates are the keys of aggregate, with the kind of metric that each makes
// and the query that reads it.
var aggregates = []struct {
	name  fact.Aggregate
	kind  fact.Kind
	query string
}{
	{fact.Sum, fact.Flow, "Observations"},
	{fact.Number, fact.Flow, "Observations"},
	{fact.Last, fact.Stock, "Levels"},
	{fact.Mean, fact.Flow, "Observations"},
	{fact.Quotient, fact.Flow, "Observations"},
}

const wantAggregate = "one of sum, count, last, mean with the name of what was observed, as {mean: first_response_minutes}, or {ratio: {of: NAME, per: NAME}}"

// aggregate reads how the metric is made, and whether its kind agrees: only a
// stock has a last value, and everything else is counted inside the window.
func (f *file) aggregate(m *fact.Metric) {
	kind, d := "", m.Declared
	hasKind := f.required("kind", &kind, "flow or stock")
	if hasKind && kind != string(fact.Flow) && kind != string(fact.Stock) {
		f.Wrong("kind", quoted(kind), "flow or stock")
		hasKind = false
	}
	m.Kind = fact.Kind(kind)
	given := map[string]any{}
	if !f.required("aggregate", &given, wantAggregate) {
		return
	}
	if len(given) != 1 {
		f.Wrong("aggregate", fmt.Sprintf("%d keys", len(given)), wantAggregate)
		return
	}
	for _, a := range aggregates {
		operand, ok := given[string(a.name)]
		if !ok {
			continue
		}
		d.Aggregate, m.Query = a.name, a.query
		f.operands(d, operand)
		if hasKind && m.Kind != a.kind {
			f.Wrong("kind", quoted(kind), fmt.Sprintf("%s: %s is the aggregate of a %s", a.kind, a.name, a.kind))
		}
		return
	}
	for key := range given {
		f.Wrong("aggregate", "the key "+quoted(key), wantAggregate)
	}
}

const wantName = "1 to 63 characters a-z, 0-9 and _, the first a letter"

// operands reads the names of what was observed.
func (f *file) operands(d *fact.Declaration, operand any) {
	path := "aggregate." + string(d.Aggregate)
	if d.Aggregate != fact.Quotient {
		d.Of = f.observed(path, operand)
		return
	}
	two, ok := operand.(map[string]any)
	if !ok || len(two) != 2 || two["of"] == nil || two["per"] == nil {
		f.Wrong(path, quoted(fmt.Sprint(operand)), "{of: NAME, per: NAME}")
		return
	}
	d.Of, d.Per = f.observed(path+".of", two["of"]), f.observed(path+".per", two["per"])
	if d.Of == d.Per {
		f.Wrong(path+".per", quoted(d.Per), "another name than that of the numerator")
	}
}

func (f *file) observed(path string, v any) string {
	s, ok := v.(string)
	if !ok || !names.MatchString(s) {
		f.Wrong(path, quoted(fmt.Sprint(v)), wantName)
	}
	return s
}

// unit reads what the value is counted in, and how it is shown.
func (f *file) unit(m *fact.Metric) {
	expected := fmt.Sprintf("a unit of 1 to %d printable characters, such as min, EUR, count", maxUnit)
	unit := ""
	if f.required("unit", &unit, expected) && !printable(unit, maxUnit) {
		f.Wrong("unit", quoted(unit), expected)
	}
	m.Unit = fact.Unit(unit)
	switch is, a := m.Unit == fact.Ratio, m.Declared.Aggregate; {
	case unit == "" || a == "":
	case a == fact.Number && m.Unit != fact.Count:
		f.Wrong("unit", quoted(unit), "count: what is counted has no other")
	case is && a != fact.Quotient && a != fact.Mean && a != fact.Last:
		f.Wrong("unit", quoted(unit), "another unit: shares do not add up")
	}
	if m.Unit == fact.Ratio {
		m.Decimals = 2
	}
	wantDecimals := fmt.Sprintf("a whole number from 0 to %d", maxDecimals)
	if f.Field("decimals", &m.Decimals, wantDecimals) && (m.Decimals < 0 || m.Decimals > maxDecimals) {
		f.Wrong("decimals", fmt.Sprint(m.Decimals), wantDecimals)
	}
	good := ""
	if f.Field("good", &good, "up, down or neither") {
		m.Good = fact.Polarity(good)
		if !slices.Contains([]fact.Polarity{fact.UpIsGood, fact.DownIsGood, fact.NoPolarity}, m.Good) {
			f.Wrong("good", quoted(good), "up, down or neither")
		}
	}
}

// columns are what tables call their columns, beside dimensions.
var columns = []string{"value", "previous", "change", "comparable_previous", "comparable_change", "rate", "interval", "hits", "evaluated",
	"hits_of_evaluated", "version", "runs", "probe", "detector"}

// dimensions reads the labels that the metric is broken down by: each alone, and
// all together.
func (f *file) dimensions(m *fact.Metric) {
	expected := fmt.Sprintf("a list of 1 to %d labels of the observations, each of %s", maxDimensions, wantName)
	var labels []string
	if !f.Field("dimensions", &labels, expected) {
		return
	}
	if len(labels) == 0 || len(labels) > maxDimensions {
		f.Wrong("dimensions", fmt.Sprintf("%d labels", len(labels)), expected)
		return
	}
	for i, label := range labels {
		path := fmt.Sprintf("dimensions[%d]", i)
		switch {
		case !names.MatchString(label):
			f.Wrong(path, quoted(label), wantName)
		case slices.Contains(columns, label):
			f.Wrong(path, quoted(label), "another name: tables have a column of this one")
		case slices.Contains(labels[:i], label):
			f.Wrong(path, quoted(label)+" a second time", "each label once")
		}
		m.Dimensions = append(m.Dimensions, []string{label})
	}
	if len(labels) > 1 {
		m.Dimensions = append(m.Dimensions, labels)
	}
}

// coverage reads how many observations there should be, and how many of them are
// enough. A stock has no use for a share: with a part missing it is another.
func (f *file) coverage(d *fact.Declaration) {
	const wantInterval = `the time between two observations of one combination of labels, from 1s to 168h, such as "60s" or "1h"`
	every := ""
	if f.Field("interval", &every, wantInterval) {
		interval, err := time.ParseDuration(every)
		if err != nil || interval < time.Second || interval > 168*time.Hour || interval%time.Second != 0 {
			f.Wrong("interval", quoted(every), wantInterval)
		}
		d.Interval = int64(interval / time.Second)
	}
	switch d.Aggregate {
	case fact.Sum, fact.Number:
		d.MinimumCoverage = coverageOfSums
	case fact.Mean, fact.Quotient:
		d.MinimumCoverage = coverageOfMeans
	}
	const wantShare = "a number from 0 to 1"
	share := 0.0
	if !f.Field("minimum_coverage", &share, wantShare) {
		return
	}
	switch {
	case math.IsNaN(share) || share < 0 || share > 1:
		f.Wrong("minimum_coverage", fmt.Sprint(share), wantShare)
	case d.Aggregate == fact.Last:
		f.Wrong("minimum_coverage", fmt.Sprint(share), "none: a stock of which a part is missing is not measured")
	}
	d.MinimumCoverage = share
}

func quoted(s string) string {
	const most = 60
	if r := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", s)
}

// Registry is the metrics that are built in with those of files.
func Registry(files ...*File) (*fact.Registry, error) {
	metrics := make([]fact.Metric, len(files))
	for i, f := range files {
		metrics[i] = f.Metric
	}
	r, err := fact.Builtin().With(metrics...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", report.ErrInvalid, err)
	}
	return r, nil
}

// Load is the metrics that are built in with those of every .yaml file of a
// folder.
func Load(folder fs.FS) (*fact.Registry, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list metric files: %w", err)
	}
	files := make([]*File, len(names))
	for i, name := range names {
		body, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read metric file %s: %w", name, err)
		}
		if files[i], err = Parse(body); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return Registry(files...)
}
