package report_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dependencies are the packages outside the standard library that a service
// gets which imports package report. Another one needs a reason here.
var dependencies = []string{}

// Other services import this package: it brings them next to nothing.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	const self = "github.com/closeofbusiness/cob/report"
	found := strings.Fields(string(out))
	require.Contains(t, found, self)
	found = slices.DeleteFunc(found, func(p string) bool { return p == self })
	require.ElementsMatch(t, dependencies, found)
}
