//go:build !race

package grounding

// every is how many of the mutants are tried: all of them.
const every = 1
