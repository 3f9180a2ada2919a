package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/metric"
)

func (a *app) metricCommand() *cobra.Command {
	c := &cobra.Command{Use: "metric", Short: "validate | apply | list | show | schema: metrics of your own, over observations"}
	c.AddCommand(
		&cobra.Command{Use: "validate FILE|DIR...", Short: "check metric files, without any server",
			Long: `validate reads metric files as apply does and says everything that is wrong with
any of them. No server is needed. Of a folder every .yaml and .yml file is read;
a file that is named may be JSON as well.`,
			Example: "  starter metric validate metrics/\n  starter metric validate first-response.json",
			Args:    cobra.MinimumNArgs(1),
			RunE:    func(_ *cobra.Command, args []string) error { return a.validateMetrics(args) }},
		a.metricApplyCommand(),
		&cobra.Command{Use: "list", Short: "the newest version of every metric of your own", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return a.listMetrics(c.Context()) }},
		&cobra.Command{Use: "show ID[@VERSION]", Short: "a metric's file as applied, byte for byte",
			Example: "  starter metric show tickets.first_response\n  starter metric show tickets.first_response@1 > first-response.yaml",
			Args:    cobra.ExactArgs(1),
			RunE:    func(c *cobra.Command, args []string) error { return a.showMetric(c.Context(), args[0]) }},
		&cobra.Command{Use: "schema", Short: "the JSON Schema of metric files, for editors",
			Example: "  starter metric schema > metric.schema.json",
			Args:    cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := io.WriteString(a.out, metric.Schema())
				return err
			}})
	return c
}

// metricFile is a metric file that was read.
type metricFile struct {
	file
	parsed *metric.File
}

func (f *metricFile) id() string     { return f.parsed.Metric.ID }
func (f *metricFile) version() int32 { return int32(f.parsed.Metric.Version) } // #nosec G115 -- Parse bounds it

// parseMetrics reads the files. Everything that is wrong with any of them is
// told at once.
func parseMetrics(paths []string) ([]*metricFile, error) {
	read, err := readFiles(paths)
	if err != nil {
		return nil, err
	}
	out := make([]*metricFile, 0, len(read))
	var errs []error
	for _, r := range read {
		m, err := metric.Parse(r.body)
		if err != nil {
			errs = append(errs, inFile(r.path, err))
			continue
		}
		out = append(out, &metricFile{r, m})
	}
	files := make([]file, len(out))
	for i, f := range out {
		files[i] = f.file
	}
	errs = append(errs, namedOnce("metric", files, func(i int) string { return out[i].id() }))
	return out, errors.Join(errs...)
}

// metricsOf are the metrics that are built in with those of files.
func metricsOf(paths []string) (*fact.Registry, error) {
	if len(paths) == 0 {
		return fact.Builtin(), nil
	}
	files, err := parseMetrics(paths)
	if err != nil {
		return nil, err
	}
	parsed := make([]*metric.File, len(files))
	for i, f := range files {
		parsed[i] = f.parsed
	}
	return metric.Registry(parsed...)
}

func (a *app) validateMetrics(paths []string) error {
	files, err := parseMetrics(paths)
	if err != nil {
		return err
	}
	rows := make([][]string, len(files))
	for i, f := range files {
		rows[i] = []string{f.id(), fmt.Sprint(f.version()), "valid"}
	}
	return a.list([]string{"METRIC", "VERSION", "STATE"}, rows)
}

func (a *app) listMetrics(ctx context.Context) error {
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		stored, err := store.NewestMetrics(ctx)
		if err != nil {
			return fmt.Errorf("list metrics: %w", err)
		}
		rows := make([][]string, len(stored))
		for i, row := range stored {
			m, err := metric.Parse(row.Spec)
			if err != nil {
				return fmt.Errorf("metric %s %d as applied: %w", row.ID, row.Version, err)
			}
			rows[i] = []string{row.ID, fmt.Sprint(row.Version), m.Metric.Label, made(m.Metric), strings.Join(m.Metric.DimensionNames(), ", "),
				row.AppliedAt.UTC().Format(time.RFC3339), row.AppliedBy}
		}
		return a.list([]string{"METRIC", "VERSION", "LABEL", "MADE OF", "DIMENSIONS", "APPLIED AT", "APPLIED BY"}, rows)
	})
}

// made says how a metric is made: "mean first_response_minutes of helpdesk".
func made(m fact.Metric) string {
	d := m.Declared
	of := d.Of
	if d.Per != "" {
		of += " per " + d.Per
	}
	return string(d.Aggregate) + " " + of + " of " + d.Source
}

// metricRef is ID or ID@VERSION.
var metricRef = regexp.MustCompile(`^([a-z0-9_.]{1,63})(?:@([1-9]\d{0,8}))?$`)

// shownMetric is what "metric show --json" prints.
type shownMetric struct {
	Metric    string    `json:"metric"`
	Version   int32     `json:"version"`
	Note      string    `json:"note"`
	AppliedAt time.Time `json:"applied_at"`
	AppliedBy string    `json:"applied_by"`
	SHA256    string    `json:"sha256"` // of the file
	File      string    `json:"file"`
}

func (a *app) showMetric(ctx context.Context, ref string) error {
	m := metricRef.FindStringSubmatch(ref)
	if m == nil {
		return fmt.Errorf("%w: metric %q: ID or ID@VERSION is needed, such as tickets.first_response@1", report.ErrInvalid, ref)
	}
	return a.withDatabase(ctx, func(_ *config.Config, store *db.Store) error {
		versions, err := store.MetricVersions(ctx, m[1])
		if err != nil {
			return fmt.Errorf("read metric %s: %w", m[1], err)
		}
		for _, v := range versions {
			if m[2] == "" || m[2] == strconv.Itoa(int(v.Version)) {
				return a.printMetric(v)
			}
		}
		if len(versions) > 0 {
			return fmt.Errorf("%w: metric %s has no version %s. Its newest is %d", report.ErrNotFound, m[1], m[2], versions[0].Version)
		}
		return fmt.Errorf("%w: there is no metric %q of your own. Apply its file: starter metric apply FILE", report.ErrNotFound, m[1])
	})
}

// printMetric prints the file's own bytes, so that they can be applied again; a
// terminal would obey some of them.
func (a *app) printMetric(m db.CobMetric) error {
	if a.json {
		return a.printJSON(shownMetric{m.ID, m.Version, m.Note, m.AppliedAt.UTC(), m.AppliedBy, hex.EncodeToString(m.Sha256), string(m.Spec)})
	}
	body := m.Spec
	if isTerminal(a.out) {
		body = []byte(visible(body))
	}
	_, err := a.out.Write(body)
	return err
}
