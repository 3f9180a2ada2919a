// Command worker runs COB's workflows and activities.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // zones, whatever the machine has
)

func main() {
	check := flag.Bool("check", false, "do the start-up checks, then exit")
	version := flag.Bool("version", false, "print the version, then exit")
	flag.Usage = usage
	flag.Parse()
	if *version {
		fmt.Println(describeBuild())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *check); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1) // nothing is left to be deferred
	}
}

func usage() {
	fmt.Fprint(flag.CommandLine.Output(), `worker runs COB's workflows and activities until it is told to stop.

  worker            run
  worker --check    do the start-up checks, then exit
  worker --version  print the version, then exit

It connects to what DATABASE_URL and TEMPORAL_* name or, where none of them is
set, to the development stack that "make dev" runs, and says which on stderr.

  DATABASE_URL              postgres://user:password@host:5432/database, the application's login
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS*, TEMPORAL_PROFILE
                            as for Temporal's own tools
  COB_TASK_QUEUE            default cob
  COB_CONFIG                models that write, hosts that may be reached; default ./cob.yaml if there is one
  COB_OUTPUT_DIR            folder that reports are delivered to, default ./out
  COB_DB_MAX_CONNS          default 20, at most 60
  COB_DB_STATEMENT_TIMEOUT  default 60s
  COB_DEPLOYMENT            worker deployment; versioning is off where none is named
  COB_BUILD_ID              default the build's own, as --version prints it
  COB_METRICS_ADDR          /healthz and /readyz, default 127.0.0.1:9464; "off" for none
  COB_LOG_LEVEL             debug, info, warn, error; default info
  COB_LOG_FORMAT            text or json; default text on a terminal, else json
  COB_ALLOW_INSECURE        named exceptions: database (TLS weaker than verify-full)

A setting that holds a secret can be read from a file: DATABASE_URL_FILE.
`)
}
