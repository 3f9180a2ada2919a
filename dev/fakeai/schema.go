package fakeai

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// unsupported are keywords that one of the makers refuses in a schema that it is to enforce.
var unsupported = []string{"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "patternProperties", "if", "not", "oneOf"}

// checkSchema is what the makers would object to in a schema, or empty: each
// object closed, each property required, no keyword that they do not enforce.
func checkSchema(schema json.RawMessage) string {
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		return "schema: must be an object"
	}
	return checkNode("schema", root)
}

func checkNode(path string, node map[string]any) string {
	for _, keyword := range unsupported {
		if _, found := node[keyword]; found {
			return fmt.Sprintf("%s: '%s' is not supported", path, keyword)
		}
	}
	properties, _ := node["properties"].(map[string]any)
	required, _ := node["required"].([]any)
	if node["type"] == "object" && node["additionalProperties"] != false {
		return path + ": 'additionalProperties' is required to be supplied and to be false"
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(required, any(name)) {
			return fmt.Sprintf("%s: 'required' must hold every property; '%s' is missing", path, name)
		}
		if child, ok := properties[name].(map[string]any); ok {
			if wrong := checkNode(path+"."+name, child); wrong != "" {
				return wrong
			}
		}
	}
	if items, ok := node["items"].(map[string]any); ok {
		return checkNode(path+"[]", items)
	}
	return ""
}
