package document

import _ "embed" // for the directive below

//go:embed document.schema.json
var schema string

// JSONSchema is the JSON Schema 2020-12 of what Canonical writes. Parse reads
// documents that leave fields out as well, and Validate refuses more: a schema
// counts no text, and looks into no picture.
func JSONSchema() string { return schema }
