package fakeai

import (
	"encoding/json"
	"strings"
)

// Writer answers with a claim about each of the first three facts that it finds
// in the data, {"facts":[{"id":KEY,…},…]} with anything around it:
//
//	{"claims":[{"text":"The report counts {{fact:KEY}}.","stance":"none","facts":[KEY]}]}
func Writer(r Request) string {
	type claim struct {
		Text   string   `json:"text"`
		Stance string   `json:"stance"`
		Facts  []string `json:"facts"`
	}
	claims := []claim{}
	for _, key := range keys(r.Data()) {
		claims = append(claims, claim{"The report counts {{fact:" + key + "}}.", "none", []string{key}})
		if len(claims) == 3 {
			break
		}
	}
	return strings.TrimSpace(string(encode(object{"claims": claims})))
}

// keys are the ids of the facts in data, in order; none where it holds no facts.
func keys(data string) (out []string) {
	from, to := strings.Index(data, "{"), strings.LastIndex(data, "}")
	if from < 0 || to < from {
		return nil
	}
	var given struct {
		Facts []struct {
			ID string `json:"id"`
		} `json:"facts"`
	}
	if json.Unmarshal([]byte(data[from:to+1]), &given) != nil {
		return nil
	}
	for _, f := range given.Facts {
		out = append(out, f.ID)
	}
	return out
}
