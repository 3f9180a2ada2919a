package redact

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a list of names: that of a house, not of a country.
const (
	maxNames     = 20_000
	maxNameRunes = 200
	maxGap       = 4 // runes between two words of one name: "R. Adeyemi" has two
	minSurname   = 4
)

// names is a tree of the words of names.
type names struct{ root *branch }

type branch struct {
	next map[string]*branch
	name string // the one that ends here, in canonical form
}

func newNames(list []string) (*names, error) {
	if len(list) > maxNames {
		return nil, errors.New("there are more than 20,000 names to redact: give those of the people concerned")
	}
	n := &names{root: &branch{}}
	for _, s := range list {
		n.learn(s)
	}
	return n, nil
}

// learn adds a name, and the surname alone where all else is initials.
func (n *names) learn(s string) {
	tidied, _ := tidy(clip(s, maxNameRunes))
	var folded []string
	surname, initials, total := "", 0, 0
	for _, w := range words(tidied) {
		folded = append(folded, fold(w.text))
		count := utf8.RuneCountInString(strings.Map(letter, w.text))
		if total += count; count == 1 {
			initials++
		} else {
			surname = folded[len(folded)-1]
		}
	}
	if total < 2 {
		return
	}
	canonical := strings.Join(folded, " ")
	n.add(folded, canonical)
	if initials > 0 && initials == len(folded)-1 && utf8.RuneCountInString(surname) >= minSurname {
		n.add([]string{surname}, canonical)
	}
}

func clip(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

func letter(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}

func (n *names) add(words []string, canonical string) {
	at := n.root
	for _, w := range words {
		if at.next == nil {
			at.next = map[string]*branch{}
		}
		if at.next[w] == nil {
			at.next[w] = &branch{}
		}
		at = at.next[w]
	}
	if at.name == "" {
		at.name = canonical
	}
}

// find returns the names in s, the longest at each place.
func (n *names) find(s string, rank int) (out []span) {
	if n.root.next == nil {
		return nil
	}
	w := words(s)
	for i := range w {
		w[i].folded = fold(w[i].text)
	}
	for i := 0; i < len(w); {
		count, _ := n.match(s, w[i:])
		if count == 0 {
			i++
			continue
		}
		out = append(out, span{start: w[i].start, end: w[i+count-1].end, kind: name, rank: rank})
		i += count
	}
	return out
}

// match is how many words from the first on are the longest name, and its
// canonical form.
func (n *names) match(s string, w []word) (count int, canonical string) {
	at := n.root
	for i, x := range w {
		if i > 0 && utf8.RuneCountInString(s[w[i-1].end:x.start]) > maxGap {
			break
		}
		if at = at.next[x.folded]; at == nil {
			break
		}
		if at.name != "" {
			count, canonical = i+1, at.name
		}
	}
	return count, canonical
}

// canonical is the listed name that a text is a writing of.
func (n *names) canonical(text string) string {
	w := words(text)
	for i := range w {
		w[i].folded = fold(w[i].text)
	}
	_, canonical := n.match(text, w)
	return canonical
}

type word struct {
	text, folded string
	start, end   int
}

// words are the runs of letters and the runs of digits in s. In scripts that put
// no space between words each character is one.
func words(s string) (out []word) {
	last := 0
	for i, r := range s {
		class := classOf(r)
		end := i + utf8.RuneLen(r)
		switch {
		case class == 0:
		case class == last && class != unspacedScript:
			w := &out[len(out)-1]
			w.end, w.text = end, s[w.start:end]
		default:
			out = append(out, word{text: s[i:end], start: i, end: end})
		}
		last = class
	}
	return out
}

const (
	letters = iota + 1
	figures
	unspacedScript
)

func classOf(r rune) int {
	switch {
	case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'):
		return letters
	case unicode.IsDigit(r):
		return figures
	case r < utf8.RuneSelf:
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return unspacedScript
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letters
	}
	return 0
}

// alike maps letters to the Latin ones that they are taken for or written as.
var alike = strings.NewReplacer(
	"а", "a", "в", "b", "с", "c", "е", "e", "һ", "h", "і", "i", "ј", "j", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p",
	"ѕ", "s", "т", "t", "у", "y", "х", "x", "ԁ", "d", "ԛ", "q", "ԝ", "w", "ӏ", "l",
	"α", "a", "β", "b", "ε", "e", "η", "h", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "y", "χ", "x",
	"ø", "o", "ł", "l", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th")

// fold is a word without case, accents and look-alikes from other scripts.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(s)
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(cases.Fold().String(s)))
	return alike.Replace(bare)
}
