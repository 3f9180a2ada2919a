package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/tool"
)

const module = "github.com/closeofbusiness/cob/"

// ground are the packages of report/ that everything else in it stands on.
var ground = []string{"report", "report/calendar", "report/document", "report/fact", "report/formula", "report/series", "report/template"}

// house says for every folder what of ours it may import: the path itself, or with /...
// all below. A folder that isn't here has no place in the house yet: give it one.
var house = map[string][]string{
	"report":                   nil,
	"report/calendar":          append([]string{"report/calendar/..."}, ground...),
	"report/calendar/yamlfile": {"report"},
	"report/document":          ground,
	"report/fact":              append([]string{"report/fact/..."}, ground...),
	"report/formula":           ground,
	"report/metric":            append([]string{"report/calendar/..."}, ground...),
	"report/series":            append([]string{"report/calendar/..."}, ground...),
	"report/template":          ground,
	"report/analysis":          {"report/..."},
	"report/analysis/excerpts": {"report/..."},
	"report/analysis/provider": {"report/..."},
	"report/analysis/redact":   {"report/..."},
	"report/compose":           {"report/..."},
	"report/render":            {"report/..."},
	"report/delivery":          {"report/..."},
	"db":                       {"report/..."},
	"ingest":                   {"report/...", "db"},
	"ingest/sample":            {"report/...", "db", "ingest"},
	"snapshot":                 {"report/...", "db"},
	"ledger":                   {"report/...", "db"},
	"catalog":                  {"report/...", "db"},
	"launch":                   {"report/...", "db"},
	"watch":                    {"report/...", "db", "ledger", "launch"},
	"calls":                    {"report/...", "db"},
	"activities":               {"report/...", "db", "catalog", "calls", "ingest/...", "snapshot", "ledger"},
	"workflows":                {"report/...", "activities"},
	"secrets":                  {"report"},
	"egress":                   {"report"},
	"config":                   {"report/...", "db", "calls", "secrets", "egress", "dev/connection"},
	"worker":                   {"report/...", "db", "catalog", "calls", "egress", "ingest/...", "snapshot", "launch", "activities", "workflows", "config", "templates", "metrics", "series", "dev/connection"},
	"starter":                  {"report/...", "db", "catalog", "calls", "egress", "ingest/...", "snapshot", "ledger", "launch", "watch", "config", "templates", "metrics", "series", "dev/connection"},
	"templates":                nil,
	"metrics":                  nil,
	"series":                   nil,
	"e2e":                      nil, // tests only
	"hostile":                  nil, // for tests
	"dev":                      {"dev/..."},
	"dev/testserver":           {"dev/...", "db"},
	"dev/connection":           {"dev/pid"},
	"dev/environ":              nil,
	"dev/fakeai":               nil,
	"dev/pid":                  nil,
	"dev/port":                 nil,
	"dev/postgres":             {"dev/..."},
	"dev/process":              {"dev/pid"},
	"dev/temporal":             {"dev/..."},
	"dev/tool":                 {"dev/environ"},
	"report/fact/facttest":     {"report/..."},

	"report/analysis/grounding": {"report/..."},
}

type goPackage struct {
	ImportPath, Dir        string
	Imports, Deps, GoFiles []string
}

func TestHouseImportDirections(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		folder := strings.TrimPrefix(p.ImportPath, module)
		allowed, placed := house[folder]
		if !placed {
			t.Errorf("%s has no place in the house: say in dev/house_test.go what it may import", folder)
			continue
		}
		for _, imported := range p.Imports {
			imported, ours := strings.CutPrefix(imported, module)
			if ours && !permits(allowed, imported) {
				t.Errorf("%s imports %s: it may import %s only", folder, imported, strings.Join(allowed, ", "))
			}
		}
	}
}

// PDF drawing is behind one door: its library is archived and may have to be replaced.
func TestHouseOnlyRenderDraws(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		draws := slices.ContainsFunc(p.Imports, func(i string) bool { return strings.Contains(i, "fpdf") })
		require.False(t, draws && !strings.HasPrefix(p.ImportPath, module+"report/render"), p.ImportPath)
	}
}

func permits(allowed []string, imported string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		below, all := strings.CutSuffix(a, "/...")
		return a == imported || all && (imported == below || strings.HasPrefix(imported, below+"/"))
	})
}

// What a package reaches by way of others counts as well.
func TestHouseNothingReachesWhatItMustNotKnow(t *testing.T) {
	t.Parallel()
	for _, rule := range []struct{ who, never, why string }{
		{`^(report|db|calls|secrets|egress|ingest|snapshot|ledger)(/|$)`, `^go\.temporal\.io/`, "it is plain Go, without Temporal"},
		{`^(starter|launch|watch)(/|$)`, module + `(workflows|activities)$`, "it names workflows and never links them"},
		{`^(report|db|calls|secrets|egress|ingest|snapshot|ledger|launch|activities|workflows|config|worker|starter)(/|$)`,
			module + `dev(/(environ|fakeai|postgres|process|temporal|testserver|tool))?$`, "the product needs no development stack"},
		{``, `^go\.temporal\.io/server`, "no server module enters the product"},
	} {
		who, never := regexp.MustCompile(rule.who), regexp.MustCompile(rule.never)
		met := false
		for _, p := range packages(t) {
			folder := strings.TrimPrefix(p.ImportPath, module)
			if !who.MatchString(folder) {
				continue
			}
			met = true
			for _, dep := range p.Deps {
				if never.MatchString(dep) {
					t.Errorf("%s reaches %s: %s", folder, dep, rule.why)
				}
			}
		}
		require.True(t, met, "a rule about nobody: %s", rule.who)
	}
}

// sql is what a statement looks like, and a sentence does not.
var sql = regexp.MustCompile(`(?is)^\s*(` +
	`select\s.*\sfrom\s|select\s+\w+\(|select\s+(\d|true|exists)|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|truncate\s+(table\s)?\w+\.|` +
	`(create|alter|drop)\s+(or\s+replace\s+)?(table|role|user|database|schema|index|view|function|sequence|trigger)\s|` +
	`grant\s.+\s(on|to)\s|revoke\s.+\sfrom\s|copy\s+\S+.*\s(from|to)\s+std|` +
	`set\s+(local\s+|session\s+)?(role|transaction|statement_timeout|search_path)\b|with\s+(recursive\s+)?\w+(\s*\(.*\))?\s+as\s*(materialized\s*)?\(|` +
	`lock\s+table\s|(BEGIN|COMMIT|ROLLBACK)\s*;\s*$)`)

// Statements are in query.sql, in the migrations, and in dev/postgres/sql.
func TestHouseNoSQLInGoCode(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{"SELECT a FROM b", "select pg_notify($1, $2)", "WITH x AS (SELECT 1)", "\n  INSERT INTO t", "SET LOCAL ROLE r", "BEGIN;"} {
		require.Regexp(t, sql, statement)
	}
	for _, sentence := range []string{"select a template", "update failed", "create a cluster", "with one", "grant it"} {
		require.NotRegexp(t, sql, sentence)
	}
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			if strings.HasPrefix(p.ImportPath, module+"db") && generated(t, path) {
				continue
			}
			for _, literal := range literals(t, path) {
				if sql.MatchString(literal) {
					t.Errorf("%s holds SQL: %.60q. It belongs into query.sql", path, literal)
				}
			}
		}
	}
}

func generated(t *testing.T, path string) bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
	require.NoError(t, err)
	return ast.IsGenerated(file)
}

func literals(t *testing.T, path string) (out []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			out = append(out, text)
		}
		return true
	})
	return out
}

func TestHouseSQLFilesAreWhereTheyBelong(t *testing.T) {
	t.Parallel()
	root, err := tool.Root()
	require.NoError(t, err)
	places := regexp.MustCompile(`^(query[^/]*\.sql|db/migrations/\d+_\w+\.sql|db/[^/]*schema[^/]*\.sql|dev/postgres/sql/\w+\.sql)$`)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != root || slices.Contains([]string{"bin", "out", "out.old"}, entry.Name())) {
			return filepath.SkipDir
		}
		relative, err := filepath.Rel(root, path)
		if err == nil && strings.HasSuffix(path, ".sql") && !places.MatchString(filepath.ToSlash(relative)) {
			t.Errorf("%s: SQL lives in query.sql and in db/migrations", relative)
		}
		return err
	}))
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	root, err := tool.Root()
	require.NoError(t, err)
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,Deps,GoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}
