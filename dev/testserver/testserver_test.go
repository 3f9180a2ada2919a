package testserver

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestDatabasesAreMigratedAndApart(t *testing.T) {
	t.Parallel()
	began := time.Now()
	one := New(t)
	t.Logf("first %s", time.Since(began))
	began = time.Now()
	two := New(t)
	t.Logf("second %s", time.Since(began))
	_, err := connect(t, one.OwnerURL).Exec(t.Context(), `CREATE TABLE ops.only_here ()`)
	require.NoError(t, err)
	var there bool
	require.NoError(t, connect(t, two.AppURL).QueryRow(t.Context(), `SELECT to_regclass('ops.only_here') IS NOT NULL`).Scan(&there))
	require.False(t, there)
	require.NoError(t, connect(t, two.AppURL).QueryRow(t.Context(), `SELECT to_regclass('ops.batch') IS NOT NULL`).Scan(&there))
	require.True(t, there)
	_, err = connect(t, two.AppURL).Exec(t.Context(), `SET ROLE cob_reader`)
	require.NoError(t, err, "the application may become the reader")
	_, err = connect(t, two.AppURL).Exec(t.Context(), `CREATE TABLE ops.not_allowed ()`)
	require.ErrorContains(t, err, "permission denied")
}

func TestNamespaceRunsWorkflows(t *testing.T) {
	t.Parallel()
	address := Temporal(t)
	began := time.Now()
	namespace := Namespace(t, address)
	t.Logf("namespace %s", time.Since(began))
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	defer c.Close()
	w := worker.New(c, "q", worker.Options{})
	w.RegisterWorkflowWithOptions(func(workflow.Context) (string, error) { return "done", nil }, workflow.RegisterOptions{Name: "W"})
	require.NoError(t, w.Start())
	defer w.Stop()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "q"}, "W")
	require.NoError(t, err)
	var out string
	require.NoError(t, run.Get(t.Context(), &out))
	require.Equal(t, "done", out)
	t.Logf("ran %s", time.Since(began))
}
