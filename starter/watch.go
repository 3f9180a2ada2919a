package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/launch"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/watch"
)

type watchFlags struct {
	once   bool
	every  time.Duration
	grace  time.Duration
	listen string
}

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	c := &cobra.Command{
		Use:   "watch",
		Short: "raise what is late, missed, held or gone",
		Long: `watch looks at the ledger and at Temporal again and again, and raises each
thing once: as a line on stdout, a record in the log on stderr, and a metric.
It is a process of its own: a schedule cannot report its own death. Postgres
and the calendar are all that it needs to see what is late.

  late             past its deadline without a report
  missed           past its catch-up without a report
  held             past its deadline, waiting until the data is complete
  unacknowledged   nobody has said in time to have read it
  schedule_gone, schedule_paused
                   what should start the reports does not
  missed_catch_up, overlap_skipped
                   Temporal dropped starts; their dates stay owed
  pinned_run_without_poller
                   a report waits for a worker version that nobody runs
  temporal_unreachable
  database_behind  Temporal has receipts that the database does not know

With --once it looks once and exits: 0 only where all is well, 1 where something
stands, 3 where it could not find out.`,
		Example: `  starter watch --listen :9465
  starter watch --once`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.watch(c.Context(), f) },
	}
	c.Flags().BoolVar(&f.once, "once", false, "look once, then exit")
	c.Flags().DurationVar(&f.every, "every", 15*time.Second, "how often to look")
	c.Flags().DurationVar(&f.grace, "grace", watch.DefaultGrace, "how long after a limit a thing is raised")
	c.Flags().StringVar(&f.listen, "listen", "", "serve Prometheus metrics and /healthz at this address, such as :9465")
	return c
}

func (a *app) watch(ctx context.Context, f watchFlags) error {
	if f.every <= 0 || f.grace < 0 {
		return fmt.Errorf("%w: --every must be positive and --grace not negative", errUsage)
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	store, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	server := &reconnecting{app: a, cfg: cfg}
	defer server.close()
	w := &watch.Watcher{Store: store, Temporal: server, Log: cfg.Logger(os.Stderr), Grace: max(f.grace, time.Nanosecond)}
	if f.once {
		return a.watchOnce(ctx, w)
	}
	return a.keepWatch(ctx, w, f)
}

func (a *app) watchOnce(ctx context.Context, w *watch.Watcher) error {
	found, err := w.Look(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", report.ErrUnavailable, err)
	}
	rows := make([][]string, len(found.Standing))
	for i, s := range found.Standing {
		rows[i] = []string{s.Kind, s.Series, s.Subject, s.Detail}
	}
	if err := a.list([]string{"KIND", "SERIES", "SUBJECT", "DETAIL"}, rows); err != nil {
		return err
	}
	real := 0
	for _, s := range found.Standing {
		if s.Kind != watch.Unreachable {
			real++
		}
	}
	switch {
	case real > 0:
		return errNo
	case found.Blind != nil:
		return fmt.Errorf("%w: could not look at everything: %w", report.ErrUnavailable, found.Blind)
	}
	a.say("all is well")
	return nil
}

// keepWatch looks until it is told to stop. A database that does not answer is
// said once, and looked for again.
func (a *app) keepWatch(ctx context.Context, w *watch.Watcher, f watchFlags) error {
	m := newWatchMetrics()
	stopped, err := a.serveMetrics(ctx, f.listen, m)
	if err != nil {
		return err
	}
	a.say("watching every %s; Ctrl-C ends it", f.every)
	blind := false
	for tick := time.NewTicker(f.every); ; {
		found, err := w.Look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !blind {
			w.Log.Error("could not look", "error", err)
		}
		blind = err != nil
		m.took(found, time.Now())
		if err := a.printFound(found); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-stopped:
			return err
		case <-tick.C:
		}
	}
}

// printFound prints a line for each thing that is new or settled.
func (a *app) printFound(found *watch.Found) error {
	if found == nil {
		return nil
	}
	now := time.Now().UTC().Format(time.RFC3339)
	show := func(what string, list []watch.Alarm) error {
		for _, s := range list {
			if a.json {
				if err := a.printLine(map[string]string{"at": now, "what": what, "kind": s.Kind, "series": s.Series, "subject": s.Subject, "detail": s.Detail}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.out, "%s\t%s\t%s\t%s\t%s\t%s\n", now, what, s.Kind, s.Series, s.Subject, s.Detail)
		}
		return nil
	}
	return errors.Join(show("raised", found.Raised), show("cleared", found.Cleared))
}

// watchMetrics are what the watchdog tells Prometheus.
type watchMetrics struct {
	registry *prometheus.Registry
	standing *prometheus.GaugeVec
	raised   *prometheus.CounterVec
	cycles   *prometheus.GaugeVec
	looked   prometheus.Gauge
	failed   prometheus.Counter
}

func newWatchMetrics() *watchMetrics {
	m := &watchMetrics{
		registry: prometheus.NewRegistry(),
		standing: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "cob_watch_standing", Help: "Alarms that stand, by kind and series."}, []string{"kind", "series"}),
		raised:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cob_watch_raised_total", Help: "Alarms raised since the start, by kind."}, []string{"kind"}),
		cycles:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "cob_cycles_unsettled", Help: "Cycles of the last 60 days that are neither issued nor waived, by state."}, []string{"state"}),
		looked:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "cob_watch_last_look_timestamp_seconds", Help: "When the ledger was last looked at, in seconds since 1970."}),
		failed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cob_watch_failed_looks_total", Help: "Looks that could not read the database."}),
	}
	m.registry.MustRegister(m.standing, m.raised, m.cycles, m.looked, m.failed)
	for _, kind := range watch.Kinds() {
		m.raised.WithLabelValues(kind)
	}
	return m
}

// took sets the metrics to what a look found; nil: it failed.
func (m *watchMetrics) took(found *watch.Found, at time.Time) {
	if found == nil {
		m.failed.Inc()
		return
	}
	m.looked.Set(float64(at.UnixMilli()) / 1000)
	m.standing.Reset()
	for _, s := range found.Standing {
		m.standing.WithLabelValues(s.Kind, s.Series).Inc()
	}
	for _, s := range found.Raised {
		m.raised.WithLabelValues(s.Kind).Inc()
	}
	for _, s := range report.States() {
		m.cycles.WithLabelValues(string(s)).Set(float64(found.States[s]))
	}
}

// serveMetrics answers /metrics and /healthz; its channel tells that the
// listener broke.
func (a *app) serveMetrics(ctx context.Context, addr string, m *watchMetrics) (<-chan error, error) {
	stopped := make(chan error, 1)
	if addr == "" {
		return stopped, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: --listen: %w", errUsage, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() { stopped <- server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the process ends anyway
	a.say("metrics at http://%s/metrics", listener.Addr())
	return stopped, nil
}

// reconnecting is Temporal for the watchdog: it is connected to when it is
// first there, and never needed to begin.
type reconnecting struct {
	app  *app
	cfg  *config.Config
	here *launch.Launcher
}

func (r *reconnecting) Reach(ctx context.Context) error {
	if r.here == nil {
		l, err := r.app.temporal(ctx, r.cfg)
		if err != nil {
			return err
		}
		r.here = l
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.here.Reach(ctx)
}

func (r *reconnecting) ScheduleHealth(ctx context.Context, series string) (launch.ScheduleHealth, error) {
	return r.here.ScheduleHealth(ctx, series)
}

func (r *reconnecting) LatestReceipts(ctx context.Context, n int) ([]report.Receipt, error) {
	return r.here.LatestReceipts(ctx, n)
}

func (r *reconnecting) Stranded(ctx context.Context, before time.Time) ([]launch.Stuck, error) {
	return r.here.Stranded(ctx, before)
}

func (r *reconnecting) close() {
	if r.here != nil {
		r.here.Client.Close()
	}
}

var _ watch.Temporal = (*reconnecting)(nil)
