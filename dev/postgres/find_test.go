package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	at := func(majors ...int) (out []Binaries) {
		for _, major := range majors {
			out = append(out, Binaries{Dir: fmt.Sprint(major), Major: major})
		}
		return out
	}
	for name, c := range map[string]struct {
		installed  []Binaries
		major      int
		want, fail string
	}{
		"none":                     {at(), 0, "", "PostgreSQL is not installed"},
		"programs that don't run":  {at(0), 0, "", "PostgreSQL is not installed"},
		"too old":                  {at(13, 14), 0, "", "PostgreSQL 14 is too old: at least 15"},
		"the first that will do":   {at(14, 16, 17), 0, "16", ""},
		"the one of existing data": {at(17, 15), 15, "15", ""},
		"other than existing data": {at(17), 15, "", "written by PostgreSQL 15, and PostgreSQL 17 is installed"},
	} {
		got, err := choose(c.installed, c.major)
		if c.fail != "" {
			require.ErrorContains(t, err, c.fail, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.want, got.Dir, name)
	}
}

func TestTheUsersChoiceIsTakenOrRefused(t *testing.T) {
	t.Setenv("COB_DEV_PG_BIN", t.TempDir())
	_, err := Find(0)
	require.ErrorContains(t, err, "COB_DEV_PG_BIN=")

	t.Setenv("COB_DEV_PG_BIN", programs(t, 14))
	_, err = Find(0)
	require.ErrorContains(t, err, "14 is too old")

	t.Setenv("COB_DEV_PG_BIN", programs(t, 99))
	found, err := Find(0)
	require.NoError(t, err)
	require.Equal(t, 99, found.Major)
	_, err = Find(15)
	require.ErrorContains(t, err, "make dev-reset")
}

func programs(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %d.3'\n", program, major)
		require.NoError(t, os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755))
	}
	return dir
}
