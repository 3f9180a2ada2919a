package render

import _ "embed" // the style sheet

//go:embed style.css
var styleSheet string
