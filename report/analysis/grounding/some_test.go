//go:build race

package grounding

// every is how many of the mutants are tried: each tenth, because the race
// detector makes them twenty times as slow. make test-corpora tries all.
const every = 10
