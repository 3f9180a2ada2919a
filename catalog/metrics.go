package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/metric"
)

// Metrics is every metric that there is: those built in, and of those that were
// declared the newest versions.
func Metrics(ctx context.Context, q *db.Queries) (*fact.Registry, error) {
	rows, err := q.NewestMetrics(ctx)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	return registry(rows)
}

// Pin names the metrics of today for a cycle's row, as JSON: a list of id and
// version. The cycle is made with these, whatever is applied later.
func Pin(ctx context.Context, q *db.Queries) ([]byte, error) {
	rows, err := q.NewestMetrics(ctx)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	out := make([]pin, len(rows))
	for i, m := range rows {
		out[i] = pin{m.ID, m.Version}
	}
	return json.Marshal(out)
}

type pin struct {
	ID      string `json:"id"`
	Version int32  `json:"version"`
}

// pinned is every metric that there was when a cycle was opened.
func pinned(ctx context.Context, q *db.Queries, pins []byte) (*fact.Registry, error) {
	rows, err := q.PinnedMetrics(ctx, pins)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of a cycle: %w", err)
	}
	return registry(rows)
}

func registry(rows []db.CobMetric) (*fact.Registry, error) {
	files := make([]*metric.File, len(rows))
	for i, row := range rows {
		var err error
		if files[i], err = metric.Parse(row.Spec); err != nil {
			return nil, fmt.Errorf("metric %s %d as applied: %w", row.ID, row.Version, err)
		}
	}
	return metric.Registry(files...)
}
