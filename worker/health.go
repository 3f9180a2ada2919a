package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// pinger is what readiness depends on: the database.
type pinger interface {
	Ping(context.Context) error
}

// health answers until ctx ends. Its error channel tells that the listener
// broke.
func health(ctx context.Context, addr string, database pinger, d *deployment) (<-chan error, error) {
	stopped := make(chan error, 1)
	if addr == "off" {
		return stopped, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("COB_METRICS_ADDR: %w", err)
	}
	server := &http.Server{Handler: answers(database, d), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() { stopped <- server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the process ends anyway
	return stopped, nil
}

// answers are /healthz, while the process lives, and /readyz, while the
// database answers. A versioned worker's /readyz has a second line that says
// where its version stands. That changes nothing about the status: a worker that
// waits to be made current is as ready as it can be, and one that was replaced
// still ends what it began.
func answers(database pinger, d *deployment) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := database.Ping(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
		if line := d.line(); line != "" {
			fmt.Fprintln(w, line)
		}
	})
	return mux
}
