package metric

import _ "embed" // for the directive below

//go:embed metric.schema.json
var schema string

// Schema is the JSON Schema 2020-12 of metric files, for editors. Parse refuses
// more: a schema knows no groups that are built in, and no kind that an aggregate
// asks for.
func Schema() string { return schema }
