package render

import (
	"regexp"
	"slices"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// contentElements are what a report's content may be made of. Each may have a
// class; td and th may span columns and rows. Whatever else stands in content is
// taken out and its text kept, script and style with their text.
var contentElements = []string{"p", "br", "strong", "em", "u", "h1", "h2", "h3", "h4", "h5", "h6",
	"ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}

// The values that attributes may have.
var (
	anyClass  = regexp.MustCompile(`^[A-Za-z0-9_ -]{1,200}$`)
	anySpan   = regexp.MustCompile(`^[1-9][0-9]{0,2}$`) // HTML itself goes up to 1,000
	anyID     = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}$`)
	anyIDs    = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}( [a-z][a-z0-9]{0,15})?$`)
	anyText   = regexp.MustCompile(`^[^\x00-\x1f\x7f]*$`)
	anyNumber = regexp.MustCompile(`^-?[0-9.]{1,12}$`)
	// anyNumbers are a polyline's points or a view box.
	anyNumbers = regexp.MustCompile(`^[-0-9., ]+$`)
	anyColour  = regexp.MustCompile(`^(none|#[0-9a-f]{6})$`)
	anyPicture = regexp.MustCompile(`^data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$`)
	// anyAddress is what document.CheckLink accepts.
	anyAddress = regexp.MustCompile(`^https://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9](:443|:)?([/?#][!#$%&()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?$`)
)

// exactly permits one value.
func exactly(s string) *regexp.Regexp { return regexp.MustCompile(`^` + regexp.QuoteMeta(s) + `$`) }

// attributes are those of one element, with the values that each may have.
type attributes map[string]*regexp.Regexp

// own is an element, or a further attribute of one, that only our own pages
// add, and why they do.
type own struct {
	element string
	has     attributes
	why     string
}

var shapeAttributes = attributes{"x": anyNumber, "y": anyNumber, "x1": anyNumber, "y1": anyNumber, "x2": anyNumber, "y2": anyNumber,
	"cx": anyNumber, "cy": anyNumber, "r": anyNumber, "width": anyNumber, "height": anyNumber, "stroke-width": anyNumber, "font-size": anyNumber,
	"points": anyNumbers, "fill": anyColour, "stroke": anyColour, "stroke-dasharray": anyNumbers, "class": anyClass}

// ownElements are what a page holds beside its content, each with its reason.
var ownElements = []own{
	{"header", nil, "the landmark of the report's head"},
	{"main", nil, "the landmark of its content"},
	{"footer", nil, "the landmark of its foot"},
	{"section", attributes{"aria-labelledby": anyIDs}, "what a heading opens, named by it"},
	{"h2", attributes{"id": anyID}, "the name of its section"},
	{"h3", attributes{"id": anyID}, "the name of its section"},
	{"h4", attributes{"id": anyID}, "the name of its section"},
	{"div", attributes{"class": anyClass, "role": regexp.MustCompile(`^(region|note)$`), "tabindex": exactly("0"), "aria-label": anyText},
		"boxes, columns, and the areas that scroll: focusable, and named"},
	{"span", attributes{"class": anyClass}, "runs of text with a tone, and lines of a cell"},
	{"code", attributes{"class": anyClass}, "commands and hashes"},
	{"sup", attributes{"class": anyClass}, "letters of notes"},
	{"a", attributes{"href": anyAddress, "rel": exactly("noreferrer noopener")}, "links to https addresses, which learn nothing of the page"},
	{"img", attributes{"src": anyPicture, "alt": anyText, "class": anyClass}, "the logo, whose bytes are in the page"},
	{"th", attributes{"scope": regexp.MustCompile(`^(col|row)$`)}, "whose numbers these are"},
	{"caption", attributes{"class": anyClass}, "the name of a table"},
	{"dl", nil, "definitions"},
	{"dt", nil, "a term of them"},
	{"dd", nil, "what it means"},
	{"figure", nil, "a chart with its caption and its data"},
	{"figcaption", attributes{"class": anyClass}, "the name of a chart"},
	{"details", attributes{"class": anyClass}, "a chart's data and what a paragraph rests on, folded away"},
	{"summary", nil, "what unfolds them"},
	{"svg", attributes{"viewbox": anyNumbers, "role": exactly("img"), "aria-labelledby": anyIDs, "class": anyClass}, "a chart"},
	{"title", attributes{"id": anyID}, "the name of a chart"},
	{"desc", attributes{"id": anyID}, "what a reader who cannot see a chart is told"},
	{"line", shapeAttributes, "a chart's ticks"},
	{"polyline", shapeAttributes, "a chart's line"},
	{"rect", shapeAttributes, "a chart's bar"},
	{"circle", shapeAttributes, "a chart's point"},
	{"text", shapeAttributes, "a chart's labels"},
}

// bodyPolicy is everything that a page's body may hold.
var bodyPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(contentElements...)
	p.AllowNoAttrs().OnElements(contentElements...)
	p.AllowAttrs("class").Matching(anyClass).OnElements(contentElements...)
	p.AllowAttrs("colspan", "rowspan").Matching(anySpan).OnElements("td", "th")
	for _, o := range ownElements {
		p.AllowElements(o.element)
		if !slices.Contains([]string{"a", "img"}, o.element) { // a link to nowhere is none
			p.AllowNoAttrs().OnElements(o.element)
		}
		for name, value := range o.has {
			p.AllowAttrs(name).Matching(value).OnElements(o.element)
		}
	}
	// The library drops the text of these as well; only a script's and a style's is no text.
	p.AllowElementsContent("frame", "frameset", "iframe", "noembed", "noframes", "noscript", "nostyle", "object")
	return p
})
