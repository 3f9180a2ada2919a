package testserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/postgres"
	"github.com/closeofbusiness/cob/dev/process"
	"github.com/closeofbusiness/cob/dev/temporal"
	"github.com/closeofbusiness/cob/dev/tool"
)

// privateCluster and privateTemporal are started on first use. A test binary cannot run
// anything at its end, so a watchdog outlives it, stops them and removes their folder.
var (
	privateCluster  = sync.OnceValues(startCluster)
	privateTemporal = sync.OnceValues(startTemporal)
	privateCLI      = sync.OnceValues(findCLI)
	privateFolder   = sync.OnceValues(guardFolder)
)

type folder struct {
	dir   string
	guard *process.Watchdog
}

func guardFolder() (folder, error) {
	dir, err := os.MkdirTemp("", "cob-test-*")
	if err != nil {
		return folder{}, err
	}
	guard, err := process.Guard(dir)
	if err != nil {
		return folder{}, err
	}
	return folder{dir: dir, guard: guard}, os.Chmod(dir, 0o711) // #nosec G302 -- root's server runs as another user, who passes through
}

func startCluster() (string, error) {
	f, err := privateFolder()
	if err != nil {
		return "", err
	}
	env, err := environ.Private(f.dir)
	if err != nil {
		return "", err
	}
	c, err := postgres.Start(context.Background(), postgres.Config{
		Dir: filepath.Join(f.dir, "postgres"), Env: env, Log: filepath.Join(f.dir, "postgres.log"), Throwaway: true,
	})
	if err != nil {
		return "", err
	}
	return c.AdminURL(), f.guard.Watch(c.Child())
}

func startTemporal() (string, error) {
	f, err := privateFolder()
	if err != nil {
		return "", err
	}
	program, err := privateCLI()
	if err != nil {
		return "", err
	}
	env, err := environ.Private(f.dir)
	if err != nil {
		return "", err
	}
	s, err := temporal.Start(context.Background(), temporal.Config{
		Program: program, Dir: f.dir, Env: env, Log: filepath.Join(f.dir, "temporal.log"), Throwaway: true,
	})
	if err != nil {
		return "", err
	}
	return s.Address(), f.guard.Watch(s.Child())
}

func findCLI() (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	return temporal.Program(context.Background(), root, os.Stderr)
}

func templateName() (string, error) {
	root, err := tool.Root()
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(root, "db", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("no migrations in %s", filepath.Join(root, "db", "migrations"))
	}
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- our own checkout
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(text), text)
	}
	return "template_" + hex.EncodeToString(sum.Sum(nil))[:12], nil
}
