// Package db is the Postgres side of COB: the migrations, the pool and the
// typed queries that sqlc writes from query.sql.
package db

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/closeofbusiness/cob/report"
)

// MaxConns is the most connections that one process may be given.
const MaxConns = 60

// Config says how to reach the database.
type Config struct {
	// URL is postgres://user:password@host:port/database, the application's
	// login. sslmode defaults to verify-full for every host but loopback.
	URL string
	// Conns bounds the pool. Zero means 20; MaxConns is the most.
	Conns int
	// StatementTimeout ends a query that runs longer. Zero means 60 s.
	StatementTimeout time.Duration
	// ApplicationName is what pg_stat_activity shows.
	ApplicationName string
	// AllowInsecure accepts an sslmode weaker than verify-full on a host that
	// is not loopback. The program that sets it says so at each start.
	AllowInsecure bool
	// ReadOnly refuses whatever writes, in every transaction.
	ReadOnly bool
}

// Store is the pool and the queries over it.
type Store struct {
	*Queries
	Pool *pgxpool.Pool
}

// Open connects and pings. The pool checks its connections' health every
// 30 s and pings one that idled before handing it out.
func Open(ctx context.Context, c Config) (*Store, error) {
	cfg, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		cc := cfg.ConnConfig
		return nil, fmt.Errorf("connect as %s to %s on %s:%d: %w", cc.User, cc.Database, cc.Host, cc.Port, err)
	}
	return &Store{Queries: New(pool), Pool: pool}, nil
}

// Close closes every connection.
func (s *Store) Close() { s.Pool.Close() }

// InTx runs do in one transaction: committed where do returns nil, rolled back
// otherwise.
func (s *Store) InTx(ctx context.Context, opts pgx.TxOptions, do func(*Queries) error) error {
	return pgx.BeginTxFunc(ctx, s.Pool, opts, func(tx pgx.Tx) error { return do(s.WithTx(tx)) })
}

func poolConfig(c Config) (*pgxpool.Config, error) {
	if c.Conns == 0 {
		c.Conns = 20
	}
	if c.Conns < 1 || c.Conns > MaxConns {
		return nil, fmt.Errorf("%w: COB_DB_MAX_CONNS is %d: 1 to %d connections are possible", report.ErrInvalid, c.Conns, MaxConns)
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = time.Minute
	}
	full, err := explicitURL(c.URL, c.AllowInsecure)
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(full)
	if err != nil {
		return nil, errURL("a setting in its query part is not understood")
	}
	cfg.MaxConns = int32(c.Conns) // bounded above
	cfg.MinIdleConns = 1
	cfg.HealthCheckPeriod = 30 * time.Second
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	cfg.ConnConfig.ConnectTimeout = 10 * time.Second
	// A statement's text never reaches a log: nothing traces.
	cfg.ConnConfig.Tracer = nil
	run := cfg.ConnConfig.RuntimeParams
	run["application_name"] = c.ApplicationName
	run["statement_timeout"] = strconv.FormatInt(c.StatementTimeout.Milliseconds(), 10)
	run["jit"] = "off"
	if c.ReadOnly {
		run["default_transaction_read_only"] = "on"
	}
	run["timezone"] = "UTC"
	return cfg, nil
}

// inherited are the settings that the driver would otherwise take from PG*
// variables or the user's service and password files. Naming each in the URL,
// be it empty, keeps the user's shell out.
var inherited = []string{
	"application_name", "connect_timeout", "options", "passfile", "password",
	"sslcert", "sslkey", "sslnegotiation", "sslpassword", "sslrootcert", "sslsni", "target_session_attrs", "timezone",
}

var inheritedDefaults = map[string]string{"sslnegotiation": "postgres", "sslsni": "1", "target_session_attrs": "any", "timezone": "UTC", "connect_timeout": "10"}

// explicitURL makes a connection URL say everything, so that nothing comes
// from the environment, and refuses TLS weaker than verify-full.
func explicitURL(raw string, allowInsecure bool) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errURL("postgres://user:password@host:port/database is needed")
	}
	q := u.Query()
	for k := range q {
		q.Set(k, q.Get(k)) // of a setting that is given twice the first counts, here as in what is checked
	}
	host := u.Hostname()
	if host == "" {
		host = q.Get("host") // a socket's folder
	}
	switch {
	case host == "":
		return "", errURL("it names no host")
	case u.Host != "" && (q.Has("host") || q.Has("port")), q.Has("ssl"), q.Has("service"), q.Has("servicefile"), q.Has("user"), q.Has("dbname"), q.Has("database"):
		// What stands in the query part would override what was checked here.
		return "", errURL("its query part names a host, a service, a user or a database once more, or ssl in place of sslmode")
	case u.User.Username() == "":
		return "", errURL("it names no user")
	case len(u.Path) < 2:
		return "", errURL("it names no database")
	}
	if u.Host != "" && u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "5432")
	}
	for _, k := range inherited {
		if k == "password" {
			if _, set := u.User.Password(); set {
				continue
			}
		}
		if !q.Has(k) {
			q.Set(k, inheritedDefaults[k])
		}
	}
	if err := requireTLS(q, host, allowInsecure); err != nil {
		return "", err
	}
	// A service cannot be named empty: the driver would look for its file.
	if err := os.Unsetenv("PGSERVICE"); err != nil {
		return "", fmt.Errorf("forget PGSERVICE: %w", err)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func requireTLS(q url.Values, host string, allowInsecure bool) error {
	local := isLocal(host)
	if !q.Has("sslmode") {
		q.Set("sslmode", "verify-full")
		if local {
			q.Set("sslmode", "disable")
		}
	}
	if mode := q.Get("sslmode"); mode != "verify-full" && !local && !allowInsecure {
		return fmt.Errorf("%w: DATABASE_URL asks for sslmode=%s on %s: verify-full is needed for every host but loopback. "+
			"Set sslrootcert to the server's authority, or accept the risk with COB_ALLOW_INSECURE=database", report.ErrInvalid, mode, host)
	}
	return nil
}

// isLocal holds for loopback addresses and socket folders. Of a list of hosts,
// each must be.
func isLocal(hosts string) bool {
	for host := range strings.SplitSeq(hosts, ",") {
		ip := net.ParseIP(host)
		if host != "localhost" && !strings.HasPrefix(host, "/") && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// errURL says what is wrong with a connection URL without showing it: it may
// hold a password.
func errURL(what string) error {
	return fmt.Errorf("%w: DATABASE_URL cannot be used (not shown here): %s", report.ErrInvalid, what)
}

// ErrRoles is the error of a login that lacks a role.
var ErrRoles = errors.New("database login has not the roles of the application")

// CheckLogin refuses a login that is not the application's, naming the command
// that mends it, and a server that is too old.
func (s *Store) CheckLogin(ctx context.Context) error {
	r, err := s.CheckRoles(ctx)
	if err != nil {
		return fmt.Errorf("check the database login: %w", err)
	}
	switch {
	case r.ServerVersion < 150000:
		return fmt.Errorf("database server: Postgres 15 or newer is needed, this is %d.%d", r.ServerVersion/10000, r.ServerVersion%10000)
	case !r.IsApp || !r.IsReader:
		return fmt.Errorf("%w: %s. Run as the owner: GRANT cob_app TO %s", ErrRoles, r.Login, r.Login)
	}
	return nil
}
