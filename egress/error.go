// Package egress is the one way by which bytes leave the house: to named hosts,
// over verified TLS, with a request ID, and signed where that is wanted.
package egress

import "fmt"

// The codes of errors.
const (
	NotAllowed        = "not_allowed"         // the host is not listed
	AddressNotAllowed = "address_not_allowed" // it leads to an address that is not allowed
	PlainHTTP         = "plain_http"          // http, and not to this machine
	Redirected        = "redirect"            // the answer points elsewhere
	TooLarge          = "too_large"           // the answer is larger than it may be
	TLSVersion        = "tls_version"         // its TLS is older than what is accepted
)

// Error is a request that was not sent, or an answer that was not read. It
// quotes nothing of either but the host.
type Error struct {
	Code   string
	Host   string
	Detail string // a few words of ours
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Host, e.Detail) }

// Permanent is the code: trying again does not help.
func (e *Error) Permanent() string { return e.Code }
