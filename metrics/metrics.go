// Package metrics holds the declared metrics that come with the programs: those
// of a support desk, to be used as they are or copied.
package metrics

import "embed"

// FS holds each metric as NAME.yaml.
//
//go:embed *.yaml
var FS embed.FS
