package grounding

import "strings"

// inflected are the forms of regular verbs, of which a list holds the first:
// "edge up" gives "edges up", "edged up" and "edging up".
func inflected(list string) string {
	var out []string
	for _, p := range phrases(list) {
		verb, rest, _ := strings.Cut(p, " ")
		for _, form := range forms(verb) {
			out = append(out, strings.TrimSpace(form+" "+rest))
		}
	}
	return strings.Join(out, ", ")
}

func forms(verb string) []string {
	stem, last := verb, verb[len(verb)-1]
	before := verb[len(verb)-2]
	switch {
	case last == 'e':
		return []string{verb, verb + "s", verb + "d", verb[:len(verb)-1] + "ing"}
	case last == 'y' && !vowel(before):
		stem = verb[:len(verb)-1]
		return []string{verb, stem + "ies", stem + "ied", verb + "ing"}
	case doubles(verb):
		stem += verb[len(verb)-1:]
	}
	s := "s"
	if last == 's' || last == 'x' || last == 'z' || strings.HasSuffix(verb, "ch") || strings.HasSuffix(verb, "sh") {
		s = "es"
	}
	return []string{verb, verb + s, stem + "ed", stem + "ing"}
}

// doubles holds for one syllable with one vowel before one consonant: "drop".
func doubles(verb string) bool {
	n := len(verb)
	vowels := 0
	for i := range n {
		if vowel(verb[i]) {
			vowels++
		}
	}
	return vowels == 1 && vowel(verb[n-2]) && strings.IndexByte("wxy", verb[n-1]) < 0
}

func vowel(b byte) bool { return strings.IndexByte("aeiou", b) >= 0 }
