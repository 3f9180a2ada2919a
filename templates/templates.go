// Package templates holds the report templates that come with the programs, to
// be used as they are or copied.
package templates

import "embed"

// FS holds each template as NAME.yaml.
//
//go:embed *.yaml
var FS embed.FS
