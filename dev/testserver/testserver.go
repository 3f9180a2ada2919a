// Package testserver gives each test a real Postgres database and a real Temporal
// namespace of its own.
//
// `make test` starts both servers once and names them in TEST_DATABASE_URL,
// TEST_TEMPORAL_ADDRESS and TEST_TEMPORAL_CLI. Without these a test binary starts its own on
// first use; they end with it, however it ends. DATABASE_URL and TEMPORAL_ADDRESS are never
// read.
package testserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/dev/postgres"
)

// The settings by which a test run passes its servers to the test binaries.
const (
	DatabaseURL     = "TEST_DATABASE_URL"
	TemporalAddress = "TEST_TEMPORAL_ADDRESS"
	TemporalCLI     = "TEST_TEMPORAL_CLI"
)

// patience is how long one step of setting up may take on a busy machine.
const patience = 2 * time.Minute

// The roles' passwords are the same in every test binary, as they share the cluster's roles.
const (
	ownerPassword = "owner"
	appPassword   = "application"
)

// Database is a freshly migrated database, with the roles of production.
type Database struct {
	// OwnerURL connects cob_owner, which migrates.
	OwnerURL string
	// AppURL connects cob, the login of worker and starter.
	AppURL string
	// AdminURL connects the superuser, to the same database.
	AdminURL string
}

// New makes a database for this test and drops it afterwards.
func New(t testing.TB) Database {
	t.Helper()
	return create(t, migrated(t))
}

// Empty makes a database that no migration has run on.
func Empty(t testing.TB) Database {
	t.Helper()
	prepared(t)
	return create(t, "template0")
}

func create(t testing.TB, template string) Database {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	asAdmin(t, func(ctx context.Context, admin *postgres.Admin) error {
		return admin.CreateDatabase(ctx, name, template)
	})
	t.Cleanup(func() {
		asAdmin(t, func(ctx context.Context, admin *postgres.Admin) error { return admin.DropDatabase(ctx, name) })
	})
	return named(cluster(t), name)
}

func named(adminURL, name string) Database {
	return Database{
		OwnerURL: as(adminURL, name, url.UserPassword(postgres.Owner, ownerPassword)),
		AppURL:   as(adminURL, name, url.UserPassword(postgres.App, appPassword)),
		AdminURL: as(adminURL, name, nil),
	}
}

func as(adminURL, database string, user *url.Userinfo) string {
	u, err := url.Parse(adminURL)
	if err != nil {
		panic(DatabaseURL + " is not a URL")
	}
	u.Path = "/" + database
	if user != nil {
		u.User = user
	}
	return u.String()
}

// cluster is the administrator's URL of the run's cluster, or of one that is started now.
func cluster(t testing.TB) string {
	t.Helper()
	if url := os.Getenv(DatabaseURL); url != "" {
		return url
	}
	url, err := privateCluster()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

var rolesMade, templateMade = once(makeRoles), once(makeTemplate)

// once remembers the answer for this test binary, the error as well.
func once(make func(adminURL string) (string, error)) func(string) (string, error) {
	var mutex sync.Mutex
	type answer struct {
		text string
		err  error
	}
	answers := map[string]answer{}
	return func(adminURL string) (string, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if a, ok := answers[adminURL]; ok {
			return a.text, a.err
		}
		text, err := make(adminURL)
		answers[adminURL] = answer{text, err}
		return text, err
	}
}

// prepared sees that the roles are there.
func prepared(t testing.TB) {
	t.Helper()
	if _, err := rolesMade(cluster(t)); err != nil {
		t.Fatal(err)
	}
}

// migrated names the template that all migrations have run on.
func migrated(t testing.TB) string {
	t.Helper()
	prepared(t)
	name, err := templateMade(cluster(t))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func makeRoles(adminURL string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return "", locked(ctx, adminURL, func(*postgres.Admin) error {
		return postgres.CreateRoles(ctx, adminURL, ownerPassword, appPassword)
	})
}

// makeTemplate migrates once for all test binaries of the run. The template's name depends
// on the migrations, so that a cluster that outlives them is no trap.
func makeTemplate(adminURL string) (string, error) {
	name, err := templateName()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return name, locked(ctx, adminURL, func(admin *postgres.Admin) error {
		if exists, err := admin.Exists(ctx, name); err != nil || exists {
			return err
		}
		unfinished := name + "_unfinished"
		if err := admin.DropDatabase(ctx, unfinished); err != nil {
			return err
		}
		if err := admin.CreateDatabase(ctx, unfinished, "template0"); err != nil {
			return err
		}
		if _, err := db.Migrate(ctx, db.Config{URL: named(adminURL, unfinished).OwnerURL}); err != nil {
			return fmt.Errorf("migrating the tests' template database: %w", err)
		}
		return admin.RenameDatabase(ctx, unfinished, name)
	})
}

// locked lets one test binary of the run work at a time.
func locked(ctx context.Context, adminURL string, work func(*postgres.Admin) error) error {
	admin, err := postgres.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close(ctx) }()
	if err := admin.Lock(ctx, "cob tests"); err != nil {
		return err
	}
	return work(admin)
}

func asAdmin(t testing.TB, do func(context.Context, *postgres.Admin) error) {
	t.Helper()
	// Not the test's own context, which has ended when its cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	admin, err := postgres.Connect(ctx, cluster(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(ctx) }()
	if err := do(ctx, admin); err != nil {
		t.Fatal(err)
	}
}
