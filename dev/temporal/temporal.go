// Package temporal runs Temporal's own development server with its Web UI, on loopback.
package temporal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/tool"
)

const (
	// Namespace is the one that the development server always has.
	Namespace = "default"

	defaultPort   = 7233
	defaultUIPort = 8233

	// startPatience covers a first start, which creates the schema, on a busy machine.
	startPatience = 60 * time.Second
	// stopPatience is how long it may take to close its database.
	stopPatience = 10 * time.Second
)

// oldest is the first server that has everything we use: worker deployment versions,
// update-with-start, schedules that pass the nominal time.
var oldest = [2]int{1, 28}

// Config says where and how a server runs.
type Config struct {
	// Program is the temporal CLI, from Program().
	Program string
	// Dir is for the server's files.
	Dir string
	// Env is the server's environment: scrubbed.
	Env []string
	// Log takes the server's output.
	Log string
	// Record remembers the process for a successor. Empty: none.
	Record string
	// Throwaway keeps everything in memory, on any free ports, without the Web UI.
	Throwaway bool
	// Database is a file that a throw-away server keeps its data in. Empty: in memory.
	Database string
	// Say takes a word about a port that was taken.
	Say io.Writer
}

// Server is a running development server.
type Server struct {
	Port, UIPort int
	child        *process.Child
}

// Program finds the CLI: the one on PATH where it is new enough, else the pinned one, built
// once into the user's cache.
func Program(ctx context.Context, root string, say io.Writer) (string, error) {
	if found, err := exec.LookPath("temporal"); err == nil {
		if why := unfit(ctx, found); why == "" {
			return filepath.Abs(found)
		} else {
			_, _ = fmt.Fprintf(say, "temporal: not using %s (%s)\n", found, why)
		}
	}
	return tool.Path(ctx, root, "temporal", say)
}

var serverVersion = regexp.MustCompile(`Server (\d+)\.(\d+)`)

func unfit(ctx context.Context, program string) string {
	out, err := exec.CommandContext(ctx, program, "--version").Output() // #nosec G204 -- a program by a fixed name
	found := serverVersion.FindSubmatch(out)
	if err != nil || found == nil {
		return "it does not tell its version"
	}
	major, _ := strconv.Atoi(string(found[1]))
	minor, _ := strconv.Atoi(string(found[2]))
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return fmt.Sprintf("server %d.%d, at least %d.%d is needed", major, minor, oldest[0], oldest[1])
	}
	return ""
}

// Start starts the server and returns when it answers.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Record != "" {
		if _, err := process.StopLeftover(c.Record, stopPatience); err != nil {
			return nil, fmt.Errorf("temporal: %w", err)
		}
	}
	ports, err := choosePorts(c)
	if err != nil {
		return nil, fmt.Errorf("temporal: %w", err)
	}
	child, err := process.Start(process.Command{
		Name: "temporal", Path: c.Program, Args: c.arguments(ports),
		Env: c.Env, Dir: c.Dir, Log: c.Log, Record: c.Record,
	})
	if err != nil {
		return nil, err
	}
	server := &Server{Port: ports.frontend, UIPort: ports.ui, child: child}
	if err := server.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("temporal: %w", err), server.Stop())
	}
	return server, nil
}

// Address is the frontend's host and port.
func (s *Server) Address() string { return address(s.Port) }

// UIURL is the Web UI's address, empty where there is none.
func (s *Server) UIURL() string {
	if s.UIPort == 0 {
		return ""
	}
	return "http://" + address(s.UIPort)
}

// Child is the server's process.
func (s *Server) Child() *process.Child { return s.child }

// Stop ends the server.
func (s *Server) Stop() error { return s.child.Stop(stopPatience) }

func (c Config) arguments(p ports) []string {
	args := []string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(p.frontend), "--log-level", "error",
		// Neither the user's temporal.toml nor the older settings file.
		"--disable-config-file", "--disable-config-env", "--env-file", os.DevNull,
	}
	if c.Throwaway {
		args = append(args, "--headless",
			// A deployment version that was replaced is looked at for what is left of it
			// every three minutes: too long for a test.
			"--dynamic-config-value", `matching.wv.VersionDrainageStatusVisibilityGracePeriod="5s"`,
			"--dynamic-config-value", `matching.wv.VersionDrainageStatusRefreshInterval="2s"`)
		if c.Database != "" {
			args = append(args, "--db-filename", c.Database)
		}
		return args
	}
	return append(args, "--ui-port", strconv.Itoa(p.ui), "--db-filename", filepath.Join(c.Dir, "temporal.db"))
}

// await returns when the frontend takes connections, which it does once the namespace is
// there, and the Web UI answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for !s.answers(ctx) {
		select {
		case <-s.child.Done():
			return s.child.Death()
		case <-ctx.Done():
			return fmt.Errorf("the server did not answer at %s: %w", s.Address(), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func (s *Server) answers(ctx context.Context) bool {
	if !serving(ctx, s.Address()) {
		return false
	}
	if s.UIPort == 0 {
		return true
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.UIURL(), nil)
	if err != nil {
		return false
	}
	response, err := direct.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode < 500
}

// direct never goes through a proxy that the shell names: these are loopback addresses.
var direct = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
