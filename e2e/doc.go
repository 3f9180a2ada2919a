// Package e2e drives the real worker and starter against a real Postgres and a
// real Temporal, as a user does. It holds nothing but tests.
package e2e
