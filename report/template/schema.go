package template

import _ "embed" // for the directive below

//go:embed template.schema.json
var schema string

// Schema is the JSON Schema 2020-12 of template files, for editors. It accepts
// what Parse accepts, but for names written as blocks of lines. Parse refuses
// more: a schema knows no metrics, and counts characters where Parse counts bytes.
func Schema() string { return schema }
