package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaTable records which migrations ran.
const schemaTable = "cob_schema"

// MigrationStatus tells of one migration whether a database has it.
type MigrationStatus struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrate brings the database of c to this program's schema. url is the
// owner's connection. Two callers at once wait for each other by an advisory
// lock. It returns the migrations that it ran.
func Migrate(ctx context.Context, c Config) ([]MigrationStatus, error) {
	return withMigrator(ctx, c, func(p *goose.Provider) ([]MigrationStatus, error) {
		results, err := p.Up(ctx)
		if err != nil {
			return nil, fmt.Errorf("migrate up: %w", err)
		}
		var ran []MigrationStatus
		for _, r := range results {
			ran = append(ran, MigrationStatus{r.Source.Version, baseName(r.Source.Path), true})
		}
		return ran, nil
	})
}

// MigrateDown takes every migration back, newest first. Everything is lost; it
// exists to prove that each migration can be undone.
func MigrateDown(ctx context.Context, c Config) error {
	_, err := withMigrator(ctx, c, func(p *goose.Provider) ([]MigrationStatus, error) {
		_, err := p.DownTo(ctx, 0)
		return nil, err
	})
	if err != nil {
		return fmt.Errorf("migrate down: %w", err)
	}
	return nil
}

// Migrations lists every migration that this program knows, with its state in
// the database of c.
func Migrations(ctx context.Context, c Config) ([]MigrationStatus, error) {
	return withMigrator(ctx, c, func(p *goose.Provider) ([]MigrationStatus, error) {
		all, err := p.Status(ctx)
		if err != nil {
			return nil, fmt.Errorf("migrate status: %w", err)
		}
		var out []MigrationStatus
		for _, s := range all {
			out = append(out, MigrationStatus{s.Source.Version, baseName(s.Source.Path), s.State == goose.StateApplied})
		}
		return out, nil
	})
}

// SchemaVersion is the newest migration that this program knows.
func SchemaVersion() int64 {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		panic("no embedded migrations") // a build without its own files
	}
	v, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		panic(err)
	}
	return v
}

// ErrSchema is the error of a database whose schema this program doesn't know.
var ErrSchema = errors.New("database schema does not fit this program")

// CheckSchema refuses a database of an older or newer schema, naming the
// command that mends it.
func (s *Store) CheckSchema(ctx context.Context) error {
	have, err := s.SchemaVersion(ctx)
	var pgErr *pgconn.PgError
	switch want := SchemaVersion(); {
	case errors.As(err, &pgErr) && (pgErr.Code == "42P01" || pgErr.Code == "42501"): // undefined_table, insufficient_privilege
		return fmt.Errorf("%w: it has none. Run: starter migrate up", ErrSchema)
	case err != nil:
		return fmt.Errorf("read schema version: %w", err)
	case have < want:
		return fmt.Errorf("%w: it is at version %d, this program needs %d. Run: starter migrate up", ErrSchema, have, want)
	case have > want:
		return fmt.Errorf("%w: it is at version %d, this program knows %d. Run the newer program", ErrSchema, have, want)
	}
	return nil
}

func withMigrator(ctx context.Context, c Config, do func(*goose.Provider) ([]MigrationStatus, error)) (_ []MigrationStatus, err error) {
	full, err := explicitURL(c.URL, c.AllowInsecure)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	cfg, err := pgx.ParseConfig(full)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", errURL("a setting in its query part is not understood"))
	}
	conn := stdlib.OpenDB(*cfg)
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := reachable(ctx, conn, cfg); err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	store, err := database.NewStore(database.DialectPostgres, "public."+schemaTable)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider("", conn, files, goose.WithStore(store), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return do(p)
}

func reachable(ctx context.Context, conn *sql.DB, cfg *pgx.ConnConfig) error {
	if err := conn.PingContext(ctx); err != nil {
		return fmt.Errorf("connect as %s to %s on %s:%d: %w", cfg.User, cfg.Database, cfg.Host, cfg.Port, err)
	}
	return nil
}

func baseName(path string) string {
	path = path[strings.LastIndexByte(path, '/')+1:]
	return strings.TrimSuffix(path, ".sql")
}
