// Command dev runs COB on one machine: a private Postgres cluster, Temporal's own
// development server and the real worker, none of which touches anything of the user's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/tool"
)

const usage = `dev — the development stack (most people type make dev, make demo, make test)

  dev up                   Postgres, Temporal and the worker, until Ctrl-C
  dev demo [--ai MODEL]    the sample's latest report, then everything stopped; MODEL is openai,
                           anthropic, or the address of an OpenAI-compatible server
  dev reset                forget the stack's data
  dev exec [--test] [--migrate] -- COMMAND…
                           one command beside throw-away servers:
                           --test     Postgres and Temporal, named in TEST_… as the tests want them
                           --migrate  Postgres with our schema, in DATABASE_URL
  dev tool NAME [ARG…]     run a pinned developer tool, built once
`

func main() {
	environ.Adopt(modelKeys(os.Args[1:])...)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once; the watchdog tidies up
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	verbs := map[string]func(context.Context, []string) error{
		"up": up, "demo": demo, "reset": reset, "exec": runExec, "tool": runTool,
	}
	if len(args) == 0 || verbs[args[0]] == nil {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	err := verbs[args[0]](ctx, args[1:])
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended) && ended.ExitCode() > 0:
		return ended.ExitCode() // the command has said itself what is wrong
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "dev: interrupted")
		return 130
	default:
		fmt.Fprintln(os.Stderr, "dev:", err)
		return 1
	}
}

func runTool(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("which tool? There is one folder below tools/ for each")
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	program, err := tool.Path(ctx, root, args[0], os.Stderr)
	if err != nil {
		return err
	}
	return foreground(ctx, root, environ.Building(), program, args[1:]...)
}

// foreground runs a command in our terminal, to its end. It shares our process group, so
// that a Ctrl-C reaches both.
func foreground(ctx context.Context, dir string, env []string, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 G702 -- development only: run for the developer, as the developer
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandPatience
	return cmd.Run()
}
