// Package config reads the settings of worker and starter from the environment,
// or from a running development stack.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/connection"
	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/report"
)

// Config is every setting of both programs.
type Config struct {
	// Origin says where database and Temporal are named: "the environment" or
	// "the development stack in .dev".
	Origin string
	// Database is the application's connection.
	Database db.Config
	// Migrate is the owner's connection; only starter migrate uses it.
	Migrate db.Config
	// Temporal connects to the server and namespace.
	Temporal client.Options
	// UIURL is the Temporal UI, for printed links. Empty prints none.
	UIURL string
	// TaskQueue is the queue of workflows and activities.
	TaskQueue string
	// Deployment turns worker versioning on. BuildID is then set too, by default
	// to the build's own.
	Deployment, BuildID string
	// OutputDir is the folder that reports are delivered to, absolute.
	OutputDir string
	// Series is the default of --series.
	Series string
	// PollEvery is how often a waiting cycle looks at its sources.
	PollEvery time.Duration
	// MetricsAddr serves /healthz and /readyz. "off" serves nothing.
	MetricsAddr string
	LogLevel    slog.Level
	LogFormat   string // text, json
	// AI is who may write narratives beside the rules, and Egress which hosts may
	// be reached: what cob.yaml says. Without one: nobody, and none.
	AI     AI
	Egress []egress.Endpoint
	// Insecure lists the named exceptions in force, to be logged at each start.
	Insecure []string
}

// connecting are the variables that name a database or a Temporal server. One
// of them set means that the environment names both.
var connecting = []string{
	"DATABASE_URL", "DATABASE_URL_FILE", "COB_MIGRATE_DATABASE_URL", "COB_MIGRATE_DATABASE_URL_FILE",
	"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_PROFILE",
}

// Load reads all settings and reports everything that is wrong with them at
// once, by name.
func Load() (*Config, error) {
	l := &loader{lookup: os.LookupEnv}
	c := &Config{
		TaskQueue:   l.text("COB_TASK_QUEUE", report.DefaultTaskQueue),
		Series:      l.text("COB_SERIES", ""),
		MetricsAddr: l.text("COB_METRICS_ADDR", "127.0.0.1:9464"),
		PollEvery:   l.duration("COB_POLL_INTERVAL", 15*time.Second),
		LogLevel:    l.level("COB_LOG_LEVEL"),
		LogFormat:   l.oneOf("COB_LOG_FORMAT", "", "text", "json"),
		Insecure:    l.exceptions("COB_ALLOW_INSECURE", "database"),
	}
	pool := db.Config{
		Conns:            l.number("COB_DB_MAX_CONNS", 20, 1, db.MaxConns),
		StatementTimeout: l.duration("COB_DB_STATEMENT_TIMEOUT", time.Minute),
		AllowInsecure:    slices.Contains(c.Insecure, "database"),
	}
	l.connections(c, pool)
	l.file(c)
	c.OutputDir = l.folder(c.OutputDir)
	c.Deployment, c.BuildID = l.version(Build())
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// connections takes database and Temporal from the environment or from a
// running development stack: never half of each.
func (l *loader) connections(c *Config, pool db.Config) {
	c.Database, c.Migrate = pool, pool
	set := slices.DeleteFunc(slices.Clone(connecting), func(name string) bool { _, ok := l.lookup(name); return !ok })
	if len(set) > 0 {
		l.fromEnvironment(c, set)
		return
	}
	dir := connection.Dir()
	dev, err := connection.Read(dir)
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("nothing to connect to: %w. Or name your own servers: DATABASE_URL and TEMPORAL_ADDRESS", err))
		return
	}
	c.Origin = "the development stack in " + dir
	c.Database.URL, c.Migrate.URL = dev.DatabaseURL, dev.MigrateDatabaseURL
	c.Temporal = client.Options{HostPort: dev.TemporalAddress, Namespace: dev.Namespace}
	c.UIURL, c.OutputDir = dev.UIURL, dev.OutputDir
}

func (l *loader) fromEnvironment(c *Config, set []string) {
	c.Origin = "the environment"
	c.Database.URL = l.secret("DATABASE_URL")
	c.Migrate.URL = l.secret("COB_MIGRATE_DATABASE_URL")
	if c.Migrate.URL == "" {
		c.Migrate.URL = c.Database.URL
	}
	if c.Database.URL == "" && c.Migrate.URL == "" {
		l.bad("DATABASE_URL", "not set, while "+strings.Join(set, ", ")+" is",
			"postgres://user:password@host:5432/database; or unset the others to use a running make dev")
	}
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("TEMPORAL_* settings: %w", err))
	}
	if options.Namespace == "" {
		options.Namespace = "default" // as the client itself has it
	}
	c.Temporal = options
	c.UIURL = strings.TrimSuffix(l.text("TEMPORAL_UI_URL", ""), "/")
}

// version is the worker deployment version: none, or both of its parts. own is
// what the program knows about its build.
func (l *loader) version(own string) (deployment, build string) {
	deployment, build = l.text("COB_DEPLOYMENT", ""), l.text("COB_BUILD_ID", "")
	if deployment == "" {
		if build != "" {
			l.bad("COB_BUILD_ID", "set, while COB_DEPLOYMENT is not", "set COB_DEPLOYMENT as well to turn worker versioning on, or neither")
		}
		return "", ""
	}
	if strings.ContainsAny(deployment, ".:") { // Temporal refuses it at every poll, and the worker would run and do nothing
		l.bad("COB_DEPLOYMENT", strconv.Quote(deployment), "a name without . and : is needed")
	}
	if build == "" {
		build = own
	}
	if build == "" {
		l.bad("COB_BUILD_ID", "not set, while COB_DEPLOYMENT is, and this program doesn't know its own build",
			"set it to what tells this build from every other, or build with make build")
	}
	return deployment, build
}

type loader struct {
	lookup func(string) (string, bool)
	errs   []error
}

func (l *loader) bad(name, found, expected string) {
	l.errs = append(l.errs, fmt.Errorf("%w: %s: %s; %s", report.ErrInvalid, name, found, expected))
}

func (l *loader) text(name, byDefault string) string {
	if v, ok := l.lookup(name); ok && v != "" {
		return v
	}
	return byDefault
}

// secret reads NAME, or the file that NAME_FILE names.
func (l *loader) secret(name string) string {
	value, set := l.lookup(name)
	path, fileSet := l.lookup(name + "_FILE")
	switch {
	case set && fileSet:
		l.bad(name, "set, and "+name+"_FILE as well", "set one of them")
	case fileSet:
		b, err := os.ReadFile(path) // #nosec G304 -- the operator names it
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("%s_FILE: %w", name, err))
		}
		return strings.TrimSpace(string(b))
	}
	return value
}

func (l *loader) number(name string, byDefault, low, high int) int {
	s := l.text(name, strconv.Itoa(byDefault))
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		l.bad(name, strconv.Quote(s), fmt.Sprintf("a whole number from %d to %d is needed", low, high))
	}
	return n
}

func (l *loader) duration(name string, byDefault time.Duration) time.Duration {
	s := l.text(name, byDefault.String())
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		l.bad(name, strconv.Quote(s), "a duration such as 60s is needed")
	}
	return d
}

func (l *loader) level(name string) slog.Level {
	var level slog.Level
	s := l.text(name, "info")
	if err := level.UnmarshalText([]byte(s)); err != nil {
		l.bad(name, strconv.Quote(s), "debug, info, warn or error is needed")
	}
	return level
}

func (l *loader) oneOf(name, byDefault string, allowed ...string) string {
	s := l.text(name, byDefault)
	if s != byDefault && !slices.Contains(allowed, s) {
		l.bad(name, strconv.Quote(s), strings.Join(allowed, " or ")+" is needed")
	}
	return s
}

func (l *loader) exceptions(name string, known ...string) []string {
	var out []string
	for s := range strings.SplitSeq(l.text(name, ""), ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if !slices.Contains(known, s) {
			l.bad(name, strconv.Quote(s)+" is no known exception", "known: "+strings.Join(known, ", "))
		}
		out = append(out, s)
	}
	return out
}

// folder makes the output folder absolute: it is part of what is recorded.
func (l *loader) folder(dev string) string {
	dir := l.text("COB_OUTPUT_DIR", dev)
	if dir == "" {
		dir = "out"
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("COB_OUTPUT_DIR: %w", err))
	}
	return abs
}
