// Package postgres runs a private PostgreSQL cluster: on loopback, behind a password, in a
// folder of its own. It never touches another cluster.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/closeofbusiness/cob/dev/pid"
	"github.com/closeofbusiness/cob/dev/port"
	"github.com/closeofbusiness/cob/dev/process"
)

const (
	// Superuser is the role that only this package and the tests use.
	Superuser = "cob_admin"
	// startPatience is how long the server may take, after a crash it first replays its log.
	startPatience = 60 * time.Second
	// stopPatience is how long a fast shutdown may take before the server is killed.
	stopPatience = 20 * time.Second
)

// Config says where and how a cluster runs.
type Config struct {
	// Dir is the wanted folder. Started as root, the server runs as another user, who may
	// not reach it; the cluster then lives in a folder below /var/tmp.
	Dir string
	// Env is the server's environment: scrubbed.
	Env []string
	// Log takes the server's output.
	Log string
	// Record remembers the process for a successor. Empty: none.
	Record string
	// Port is for those who have to find the server again after a restart. Zero: any free one.
	Port int
	// Throwaway gives up durability for speed, for tests, and takes more connections.
	Throwaway bool
}

// Cluster is a running server.
type Cluster struct {
	Port     int
	binaries Binaries
	home     string
	password string
	child    *process.Child
}

// Start starts the cluster in the folder, creating it first where there is none.
func Start(ctx context.Context, c Config) (*Cluster, error) {
	user, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	home, err := locate(c.Dir, user)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	binaries, err := Find(majorOf(filepath.Join(home, "data")))
	if err != nil {
		return nil, err
	}
	s := server{Config: c, binaries: binaries, user: user, home: home, data: filepath.Join(home, "data")}
	if err := s.endPredecessor(); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	password, err := s.initialise()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	cluster, err := s.start(ctx, password)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return cluster, nil
}

// Stop ends the server by a fast shutdown: transactions are rolled back, nothing is lost.
func (c *Cluster) Stop() error { return c.child.Stop(stopPatience) }

// Child is the server's process.
func (c *Cluster) Child() *process.Child { return c.child }

// Binaries is the folder of the programs that it runs.
func (c *Cluster) Binaries() string { return c.binaries.Dir }

// Home is the folder that holds the cluster's data and password, wherever it had to be.
func (c *Cluster) Home() string { return c.home }

// AdminURL connects the superuser to the maintenance database.
func (c *Cluster) AdminURL() string { return c.URL(Superuser, c.password, "postgres") }

// URL connects a role to a database.
func (c *Cluster) URL(role, password, database string) string {
	return (&url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(role, password),
		Host:   net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)),
		Path:   "/" + database,
		// A private loopback server has no certificate.
		RawQuery: "sslmode=disable",
	}).String()
}

// Remove deletes the cluster that would live in the folder, wherever it had to be.
func Remove(dir string) error {
	user, err := unprivileged()
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return errors.Join(os.RemoveAll(dir), removeElsewhere(dir, user))
}

// server is a cluster about to run.
type server struct {
	Config
	binaries   Binaries
	user       *process.User
	home, data string
}

// initialise creates the cluster on its first start, and reads its password on later ones.
func (s server) initialise() (string, error) {
	secret := filepath.Join(s.home, "password")
	if text, err := os.ReadFile(secret); err == nil && majorOf(s.data) != 0 { // #nosec G304 -- our own folder
		return strings.TrimSpace(string(text)), nil
	}
	// A first start that was interrupted leaves half a cluster and no password.
	if err := os.RemoveAll(s.data); err != nil {
		return "", err
	}
	password := rand.Text()
	given := filepath.Join(s.home, "password.new")
	if err := os.WriteFile(given, []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := s.user.Own(given); err != nil {
		return "", err
	}
	var err error
	for _, locale := range []string{"C.UTF-8", "C"} { // older macOS has no C.UTF-8
		args := []string{"--pgdata=" + s.data, "--username=" + Superuser, "--pwfile=" + given, "--auth=scram-sha-256",
			"--encoding=UTF8", "--locale=" + locale, "--no-instructions"}
		if s.Throwaway {
			args = append(args, "--no-sync")
		}
		var out []byte
		if out, err = s.user.Run(s.Env, s.home, s.binaries.path("initdb"), args...); err == nil {
			break
		}
		err = fmt.Errorf("creating a cluster in %s: %w\n%s", s.data, err, out)
	}
	if err != nil {
		return "", err
	}
	return password, os.Rename(given, secret)
}

func (s server) start(ctx context.Context, password string) (*Cluster, error) {
	var err error
	for range 5 { // somebody may take the port between our looking and the server's binding
		var cluster *Cluster
		cluster, err = s.attempt(ctx, password)
		if err == nil || !strings.Contains(err.Error(), "Address already in use") {
			return cluster, err
		}
	}
	return nil, err
}

func (s server) attempt(ctx context.Context, password string) (*Cluster, error) {
	port, err := s.port()
	if err != nil {
		return nil, err
	}
	child, err := process.Start(process.Command{
		Name: "postgres", Path: s.binaries.path("postgres"), Args: s.arguments(port),
		Env: s.Env, Dir: s.home, Log: s.Log, Record: s.Record, User: s.user,
	})
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{Port: port, binaries: s.binaries, home: s.home, password: password, child: child}
	if err := cluster.await(ctx); err != nil {
		return nil, errors.Join(err, cluster.Stop())
	}
	return cluster, nil
}

func (s server) port() (int, error) {
	if s.Port != 0 {
		return s.Port, nil
	}
	return port.Free()
}

func (s server) arguments(port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // a socket's path may not be longer than 107 bytes
		"password_encryption=scram-sha-256",
		"max_connections=100",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_destination=stderr",
		"logging_collector=off",
	}
	if s.Throwaway {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"max_connections=400", "autovacuum=on", "max_wal_size=4GB")
	}
	args := []string{"-D", s.data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// await returns when the server answers a connection of ours.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.AdminURL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.child.Done():
			return c.child.Death()
		case <-ctx.Done():
			return fmt.Errorf("the server did not answer: %w", errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// endPredecessor stops a server that a killed parent left in our data folder, and removes
// the file by which it claims the folder where it is gone.
func (s server) endPredecessor() error {
	if s.Record != "" {
		if _, err := process.StopLeftover(s.Record, stopPatience); err != nil {
			return err
		}
	}
	claim := filepath.Join(s.data, "postmaster.pid")
	text, err := os.ReadFile(claim) // #nosec G304 -- our own folder
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// Its first line is the process, its second the data folder (storage-file-layout).
	number, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0]))
	if err == nil && serves(number, s.data) {
		left, err := pid.Of(number)
		if err == nil {
			err = process.End(left, stopPatience)
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	if err := os.Remove(claim); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// serves reports whether the process is a server over this very data folder.
func serves(number int, data string) bool {
	command, err := commandLine(number)
	return err == nil && strings.Contains(command, "postgres") && strings.Contains(command, "-D "+data+" ")
}
