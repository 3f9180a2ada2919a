package activities

import (
	"go.temporal.io/sdk/temporal"

	"github.com/closeofbusiness/cob/report"
)

// failure turns an error of ours into Temporal's: permanent where trying again
// cannot mend its kind, to be tried again otherwise. This is the one place that
// does.
func failure(err error) error {
	if name := report.KindName(err); name != "" {
		return temporal.NewNonRetryableApplicationError(report.Message(err), name, nil)
	}
	return err
}
