// Package connection is the file by which a running development stack tells worker and
// starter where it is.
package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/closeofbusiness/cob/dev/pid"
)

// file holds passwords: only its owner may read it.
const file = "connection.json"

// ErrNotRunning is the error where no development stack runs.
var ErrNotRunning = errors.New("no development stack is running. Start one: make dev")

// Connection is where a running stack is, and who runs it.
type Connection struct {
	// DatabaseURL connects the application's role.
	DatabaseURL string `json:"database_url"`
	// MigrateDatabaseURL connects the owner.
	MigrateDatabaseURL string `json:"migrate_database_url"`
	TemporalAddress    string `json:"temporal_address"`
	Namespace          string `json:"namespace"`
	UIURL              string `json:"ui_url"`
	OutputDir          string `json:"output_dir"`
	// Record is the process that runs the stack.
	pid.Record
}

// Dir is the development stack's folder: COB_DEV_DIR, or .dev in the working directory.
func Dir() string {
	if dir := os.Getenv("COB_DEV_DIR"); dir != "" {
		return dir
	}
	return ".dev"
}

// Write publishes the connection in the folder.
func Write(dir string, c Connection) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the development stack's connection: %w", err)
	}
	fresh := filepath.Join(dir, file+".new")
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the development stack's connection: %w", err)
	}
	return os.Rename(fresh, filepath.Join(dir, file))
}

// Read returns the connection to the stack that runs in the folder. The error is
// ErrNotRunning where there is none, and where the file was left by a stack that was
// killed.
func Read(dir string) (Connection, error) {
	var c Connection
	text, err := os.ReadFile(filepath.Join(dir, file)) // #nosec G304 -- the development stack's own folder
	if errors.Is(err, os.ErrNotExist) {
		return c, ErrNotRunning
	}
	if err != nil {
		return c, fmt.Errorf("reading the development stack's connection: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return Connection{}, fmt.Errorf("reading %s: %w. Stop make dev and start it again", filepath.Join(dir, file), err)
	}
	if !c.Alive() {
		return Connection{}, ErrNotRunning
	}
	return c, nil
}

// Remove withdraws the connection.
func Remove(dir string) error {
	if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the development stack's connection: %w", err)
	}
	return nil
}

// Environment is the connection as worker and starter are given it.
func (c Connection) Environment() []string {
	return []string{
		"DATABASE_URL=" + c.DatabaseURL,
		"COB_MIGRATE_DATABASE_URL=" + c.MigrateDatabaseURL,
		"TEMPORAL_ADDRESS=" + c.TemporalAddress,
		"TEMPORAL_NAMESPACE=" + c.Namespace,
		"TEMPORAL_UI_URL=" + c.UIURL,
		"COB_OUTPUT_DIR=" + c.OutputDir,
	}
}
