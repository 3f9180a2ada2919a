package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary play the programs of a checkout, by the name that it is
// called by: the real dev, and a worker and a starter that only tell what they were given.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "dev":
		main()
	case "starter":
		playStarter()
	case "worker":
		playWorker()
	default:
		os.Exit(m.Run())
	}
}

func playStarter() {
	tell("starter")
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	fmt.Fprintln(os.Stderr, "starter was asked:", strings.Join(os.Args[1:], " "))
	switch verb {
	case "sample":
		fmt.Println(`{"first": "2026-07-20", "until": "2026-11-20", "batches": 491, "rows": 606663}`)
	case "run": // as the worker does for it
		if err := os.MkdirAll(filepath.Join("out", demoSeries, "2026-11-20"), 0o755); err != nil {
			panic(err)
		}
	}
}

func playWorker() {
	tell("worker")
	go func() {
		panic(http.ListenAndServe(os.Getenv("COB_METRICS_ADDR"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" {
				w.WriteHeader(http.StatusNotFound)
			}
		})))
	}()
	fmt.Println("the worker's last words")
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt)
	<-ended
}

// tell leaves the arguments and the environment in the checkout, where the test looks.
func tell(name string) {
	file, err := os.OpenFile(name+".told", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	defer func() { _ = file.Close() }()
	_, err = fmt.Fprintf(file, "%s\n%s\n", strings.Join(os.Args[1:], " "), strings.Join(os.Environ(), "\n"))
	if err != nil {
		panic(err)
	}
	_ = syscall.Fsync(int(file.Fd()))
}
