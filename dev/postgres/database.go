package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// statements are what an administrator runs once: roles and whole databases.
//
//go:embed sql/*.sql
var statements embed.FS

const (
	// Owner migrates the schema and owns the database.
	Owner = "cob_owner"
	// App is the login of worker and starter.
	App = "cob"
)

// Admin is the superuser's connection to a private cluster.
type Admin struct{ conn *pgx.Conn }

// Connect opens the superuser's connection.
func Connect(ctx context.Context, adminURL string, settings ...string) (*Admin, error) {
	config, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return nil, errors.New("postgres: the administrator's URL cannot be parsed")
	}
	for i := 0; i+1 < len(settings); i += 2 {
		config.RuntimeParams[settings[i]] = settings[i+1]
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return &Admin{conn: conn}, nil
}

// Close ends the connection.
func (a *Admin) Close(ctx context.Context) error { return a.conn.Close(ctx) }

// CreateRoles makes the owner, the application and the groups that they belong to, and
// sets the two passwords. It may be repeated.
func CreateRoles(ctx context.Context, adminURL, ownerPassword, appPassword string) error {
	admin, err := Connect(ctx, adminURL, "cob.owner_password", ownerPassword, "cob.app_password", appPassword)
	if err != nil {
		return err
	}
	return errors.Join(admin.exec(ctx, "roles", nil), admin.Close(ctx))
}

// Exists reports whether there is a database of this name.
func (a *Admin) Exists(ctx context.Context, name string) (exists bool, err error) {
	err = a.conn.QueryRow(ctx, text("exists"), name).Scan(&exists)
	return exists, err
}

// Lock waits for the lock of this name and holds it until Close.
func (a *Admin) Lock(ctx context.Context, name string) error {
	_, err := a.conn.Exec(ctx, text("lock"), name)
	return err
}

// CreateDatabase makes a database that belongs to Owner, as a copy of the template
// (template0: empty).
func (a *Admin) CreateDatabase(ctx context.Context, name, template string) error {
	return a.exec(ctx, "create", map[string]string{"name": name, "template": template, "owner": Owner})
}

// RenameDatabase renames a database that nobody is connected to.
func (a *Admin) RenameDatabase(ctx context.Context, name, to string) error {
	return a.exec(ctx, "rename", map[string]string{"name": name, "to": to})
}

// DropDatabase removes a database, whoever is connected to it. None of that name is no error.
func (a *Admin) DropDatabase(ctx context.Context, name string) error {
	return a.exec(ctx, "drop", map[string]string{"name": name})
}

// exec runs a statement file; {names} become quoted identifiers, which Postgres takes no
// parameters for.
func (a *Admin) exec(ctx context.Context, file string, names map[string]string) error {
	statement := text(file)
	for name, value := range names {
		statement = strings.ReplaceAll(statement, "{"+name+"}", pgx.Identifier{value}.Sanitize())
	}
	// The simple protocol takes several statements at once.
	if _, err := a.conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
		return fmt.Errorf("postgres: %s: %w", file, err)
	}
	return nil
}

func text(file string) string {
	statement, err := statements.ReadFile("sql/" + file + ".sql")
	if err != nil {
		panic(err) // a build without its own files
	}
	return string(statement)
}
