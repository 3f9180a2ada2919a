package workflows_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/dev/tool"
)

// edit changes one place of a workflow's source.
type edit struct{ file, from, to string }

// anotherStep has every cycle do something more before its report is made.
const anotherStep = `if err := workflow.ExecuteActivity(reading(ctx, "Look again"), do.Fail, activities.Failed{}).Get(ctx, nil); err != nil {
		return report.Receipt{}, err
	}
`

var (
	reportStage = "\tc.Stage, c.State = \"report\", report.Open\n"
	renderStage = "\t\t{\"render\", \"Drawing the files.\", r.render},\n"
	issueStage  = "\t\t{\"issue\", \"Sealing the revision.\", r.issue},\n"
)

// TestReplay must fail where a workflow was changed so that a running report
// could not survive it: a check that passes whatever one does proves nothing.
func TestReplayCatchesAnIncompatibleEdit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edits  []edit
		caught []string // the histories that cannot be replayed
	}{
		"no edit": {},
		"a step that only new cycles take": {
			edits: []edit{{"closeofbusiness.go", reportStage, reportStage + "\tif workflow.GetVersion(ctx, \"look-again\", workflow.DefaultVersion, 1) == 1 {\n" + anotherStep + "\t}\n"}},
		},
		"a step that running cycles take too": {
			edits:  []edit{{"closeofbusiness.go", reportStage, reportStage + anotherStep}},
			caught: []string{"1.0.0/cycle.json"},
		},
		"two stages in the other order": {
			edits:  []edit{{"reportrevision.go", renderStage + issueStage, issueStage + renderStage}},
			caught: []string{"1.0.0/revision.json"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passed, out := replayEdited(t, c.edits)
			require.Equal(t, len(c.caught) == 0, passed, out)
			for _, history := range c.caught {
				require.Contains(t, out, "--- FAIL: TestReplay/"+history)
			}
			require.Equal(t, len(c.caught) > 0, strings.Contains(out, "[TMPRL1100]"), "the SDK's word for non-determinism\n%s", out)
		})
	}
}

// replayEdited runs TestReplay over the sources as they would be with the edits.
func replayEdited(t *testing.T, edits []edit) (passed bool, out string) {
	t.Helper()
	root, err := tool.Root()
	require.NoError(t, err)
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, e := range edits {
		source := filepath.Join(root, "workflows", e.file)
		text, err := os.ReadFile(source) // #nosec G304 -- our own source
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), e.from), "this test edits %s where it says\n%s\nIt doesn't say that once: make the test follow", e.file, e.from)
		edited := filepath.Join(t.TempDir(), e.file)
		require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(text), e.from, e.to, 1)), 0o600))
		overlay.Replace[source] = edited
	}
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	// Trimmed like the programs, whose dependencies are built already.
	cmd := exec.CommandContext(t.Context(), "go", "test", "-trimpath", "-count=1", "-vet=off", "-overlay", path, // #nosec G204 -- our own sources
		"-run", "^TestReplay$", "./workflows")
	cmd.Dir = root
	output, err := cmd.CombinedOutput()
	require.NotContains(t, string(output), "[build failed]")
	require.NotContains(t, string(output), "no tests to run")
	return err == nil, string(output)
}
