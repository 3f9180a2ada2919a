package e2e

import (
	"slices"
	"strings"

	"github.com/closeofbusiness/cob/report/fact/facttest"
)

// identities are what must hold on every report, whatever the data. Those totals
// are there, measured or not.
func (f *facts) identities() {
	f.Helper()
	for _, id := range []string{"attack.evaluated", "attack.hits", "findings.opened", "findings.closed", "findings.rerated_net", "findings.open", "actions.open", "facts.unmeasured"} {
		f.find(id)
	}
	facttest.IdentitiesOf(f, f.all)
}

// dims lists by what a metric is given, as they stand in its facts' names.
func (f *facts) dims(id string) []string {
	var out []string
	for i := range f.all {
		if f.all[i].ID == id {
			out = append(out, strings.TrimPrefix(f.all[i].Key(), id))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
