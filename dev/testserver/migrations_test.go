package testserver

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/db"
)

// inventory lists what a database holds of ours, with everything that could differ after a
// way down and up again: columns with types and defaults, constraints, indexes, triggers,
// functions, rights.
const inventory = `
WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)')
SELECT format('schema %s %s', nspname, (SELECT nspacl FROM pg_namespace WHERE oid = ours.oid)) FROM ours
UNION ALL SELECT format('%s %s.%s %s', c.relkind, nspname, relname, c.relacl) FROM pg_class c JOIN ours ON ours.oid = relnamespace
UNION ALL SELECT format('column %s.%s.%s %s %s %s %s', nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attacl)
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN ours ON ours.oid = relnamespace LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT format('constraint %s.%s %s %s', nspname, conname, conrelid::regclass, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN ours ON ours.oid = connamespace
UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes JOIN ours ON nspname = schemaname
UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN ours ON ours.oid = relnamespace WHERE NOT tgisinternal
UNION ALL SELECT format('function %s %s', pg_get_functiondef(p.oid), proacl) FROM pg_proc p JOIN ours ON ours.oid = pronamespace WHERE prokind IN ('f', 'p')
UNION ALL SELECT format('comment %s %s %s %s', classoid::regclass, objoid::regclass, objsubid, description) FROM pg_description d
  JOIN pg_class c ON c.oid = objoid JOIN ours ON ours.oid = relnamespace WHERE classoid = 'pg_class'::regclass
ORDER BY 1`

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	empty := Empty(t)
	config := db.Config{URL: empty.OwnerURL}

	before := list(t, empty)
	ran, err := db.Migrate(t.Context(), config)
	require.NoError(t, err)
	require.NotEmpty(t, ran)
	up := list(t, empty)
	require.Greater(t, len(up), len(before)+10)

	again, err := db.Migrate(t.Context(), config)
	require.NoError(t, err)
	require.Empty(t, again, "there is nothing left to do")

	require.NoError(t, db.MigrateDown(t.Context(), config))
	for _, left := range list(t, empty) {
		if !slices.Contains(before, left) {
			require.Contains(t, left, "cob_schema", "the way down leaves only the list of migrations")
		}
	}

	_, err = db.Migrate(t.Context(), config)
	require.NoError(t, err)
	require.Equal(t, up, list(t, empty))
}

// The application's login has no business with the schema.
func TestMigrationsNeedTheOwner(t *testing.T) {
	t.Parallel()
	_, err := db.Migrate(t.Context(), db.Config{URL: Empty(t).AppURL})
	require.Error(t, err)
}

// A program that starts many times at once migrates once.
func TestMigrationsWaitForEachOther(t *testing.T) {
	t.Parallel()
	config := db.Config{URL: Empty(t).OwnerURL}
	const callers = 4
	type answer struct {
		ran int
		err error
	}
	answers := make(chan answer, callers)
	for range callers {
		go func() {
			ran, err := db.Migrate(context.WithoutCancel(t.Context()), config)
			answers <- answer{len(ran), err}
		}()
	}
	worked := 0
	for range callers {
		a := <-answers
		require.NoError(t, a.err)
		if a.ran > 0 {
			worked++
		}
	}
	require.Equal(t, 1, worked)
}

func list(t *testing.T, d Database) []string {
	t.Helper()
	conn := connect(t, d.AdminURL)
	rows, err := conn.Query(t.Context(), inventory)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}
