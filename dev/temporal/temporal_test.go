package temporal

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/environ"
	"github.com/closeofbusiness/cob/dev/tool"
)

func taken(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestATakenPortGivesTheNextFreeOneAndAWord(t *testing.T) {
	t.Setenv("COB_DEV_UI_PORT", "")
	port := taken(t)
	var said bytes.Buffer
	got, err := choosePort(Config{Say: &said}, "COB_DEV_UI_PORT", "the Web UI", port, 0)
	require.NoError(t, err)
	require.Greater(t, got, port)
	require.Contains(t, said.String(), "port "+strconv.Itoa(port)+" is taken; the Web UI listens on "+strconv.Itoa(got))

	said.Reset()
	again, err := choosePort(Config{Say: &said}, "COB_DEV_UI_PORT", "the Web UI", got, got)
	require.NoError(t, err)
	require.Greater(t, again, got, "never the same port for both")
}

func TestAPortThatTheUserSetIsTakenOrRefused(t *testing.T) {
	port := taken(t)
	for value, fail := range map[string]string{
		strconv.Itoa(port): "COB_DEV_UI_PORT=" + strconv.Itoa(port) + ": the port is taken",
		"http":             "COB_DEV_UI_PORT=http: want a port number",
		"70000":            "want a port number",
		"4711":             "the port is taken", // by the frontend, which was chosen before
	} {
		t.Setenv("COB_DEV_UI_PORT", value)
		_, err := choosePort(Config{}, "COB_DEV_UI_PORT", "the Web UI", 8233, 4711)
		require.ErrorContains(t, err, fail)
	}
}

func TestServerKeepsItsDataAndShowsItsUI(t *testing.T) {
	root, err := tool.Root()
	require.NoError(t, err)
	program := os.Getenv("TEST_TEMPORAL_CLI")
	if program == "" {
		program, err = Program(t.Context(), root, os.Stderr)
		require.NoError(t, err)
	}
	for _, setting := range []string{"COB_DEV_TEMPORAL_PORT", "COB_DEV_UI_PORT"} {
		t.Setenv(setting, "")
	}
	dir := t.TempDir()
	env, err := environ.Private(dir)
	require.NoError(t, err)
	c := Config{Program: program, Dir: dir, Env: env, Log: filepath.Join(dir, "temporal.log"), Record: filepath.Join(dir, "temporal.json"), Say: os.Stderr}
	first, err := Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, first.Stop()) })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, first.UIURL(), nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.FileExists(t, filepath.Join(dir, "temporal.db"))

	second, err := Start(t.Context(), c) // nobody stopped the first
	require.NoError(t, err)
	<-first.Child().Done()
	require.NoError(t, second.Stop())
	require.False(t, serving(context.Background(), second.Address()))
}

func TestAThrowawayServerMayKeepItsData(t *testing.T) {
	require.NotContains(t, Config{Throwaway: true}.arguments(ports{frontend: 1}), "--db-filename")
	kept := Config{Throwaway: true, Database: "/data/kept.db"}.arguments(ports{frontend: 1})
	require.Contains(t, kept, "--headless")
	require.Equal(t, []string{"--db-filename", "/data/kept.db"}, kept[len(kept)-2:])
}

func TestAnOldProgramOnPathIsNotUsed(t *testing.T) {
	for output, fit := range map[string]bool{
		"temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)": true,
		"temporal version 2.0.0 (Server 2.0.0, UI 9)":       true,
		"temporal version 1.1.0 (Server 1.25.0, UI 2.30.3)": false,
		"tctl": false,
	} {
		program := filepath.Join(t.TempDir(), "temporal")
		require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho '"+output+"'\n"), 0o755))
		require.Equal(t, fit, unfit(t.Context(), program) == "", output)
	}
}
