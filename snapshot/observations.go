package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
)

// observations reads what the declared metrics are made of.
func (r *reader) observations(ctx context.Context, m *fact.Measurements) error {
	for _, metric := range r.req.Needs.Declared() {
		things := []string{metric.Declared.Of}
		if metric.Declared.Aggregate == fact.Quotient {
			things = append(things, metric.Declared.Per)
		}
		for _, of := range things {
			counts, err := r.observed(ctx, metric, of, m.Window)
			if err != nil {
				return err
			}
			m.Observations = append(m.Observations, counts...)
		}
	}
	return nil
}

// observed reads the observations of one thing, for one metric.
func (r *reader) observed(ctx context.Context, metric fact.Metric, of string, w fact.Window) ([]fact.ObservationCount, error) {
	source, dims := metric.Declared.Source, all(metric.DimensionNames())
	var rows []observedRow
	if metric.Declared.Aggregate == fact.Last {
		levels, err := r.Levels(ctx, db.LevelsParams{Dims: dims, AsOf: r.req.AsOf, Source: source, Metric: of, WindowEnd: w.To})
		if levels, err = read("newest observations", levels, err); err != nil {
			return nil, err
		}
		rows = convert(levels, func(l db.LevelsRow) observedRow {
			return observedRow{l.Dims, l.Observed, l.Valued, l.Total, l.FirstUnit, l.LastUnit, time.Time{}, l.OldestAt.UTC()}
		})
	} else {
		flows, err := r.Observations(ctx, db.ObservationsParams{Dims: dims, AsOf: r.req.AsOf, Source: source, Metric: of,
			WindowStart: w.From, WindowEnd: w.To})
		if flows, err = read("observations", flows, err); err != nil {
			return nil, err
		}
		rows = convert(flows, func(o db.ObservationsRow) observedRow {
			return observedRow{o.Dims, o.Observed, o.Valued, o.Total, o.FirstUnit, o.LastUnit, o.LastAt.UTC(), time.Time{}}
		})
	}
	out := make([]fact.ObservationCount, len(rows))
	for i, row := range rows {
		var err error
		if out[i], err = row.count(metric.ID, of); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// observedRow is a row of either query.
type observedRow struct {
	dims                []byte
	observed, valued    int64
	total               string // a decimal number
	firstUnit, lastUnit string
	last, oldest        time.Time
}

func (o observedRow) count(metric, of string) (fact.ObservationCount, error) {
	labels := map[string]string{}
	if err := json.Unmarshal(o.dims, &labels); err != nil {
		return fact.ObservationCount{}, fmt.Errorf("%w: labels of an observation of %s: %w", report.ErrInvalid, of, err)
	}
	sum, ok := new(big.Rat).SetString(o.total)
	if !ok {
		return fact.ObservationCount{}, fmt.Errorf("%w: observations of %s add up to %q, which is no number", report.ErrInvalid, of, o.total)
	}
	units := []string{o.firstUnit}
	if o.lastUnit != o.firstUnit {
		units = append(units, o.lastUnit)
	}
	return fact.ObservationCount{Metric: metric, Of: of, Labels: labels, Observed: o.observed, Valued: o.valued,
		Sum: sum, Units: units, Last: o.last, Oldest: o.oldest}, nil
}
