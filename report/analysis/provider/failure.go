package provider

import "time"

// Codes of failures. What may come right by itself is to be tried again; the rest is permanent.
const (
	CodeRateLimited = "rate_limited" // 429
	CodeOverloaded  = "overloaded"   // 503, 529
	CodeServer      = "server"       // another 5xx
	CodeConflict    = "conflict"     // 409
	CodeTimeout     = "timeout"      // 408, or slower than the configured timeout
	CodeReset       = "reset"        // no connection, or it ended early
	CodeEmpty       = "empty"        // an answer without text
	CodeMalformed   = "malformed"    // not JSON: tried again; of another shape: permanent

	CodeQuota            = "quota"              // the account has nothing left
	CodeUnauthorized     = "unauthorized"       // 401, 403
	CodeNotFound         = "not_found"          // 404
	CodeBadRequest       = "bad_request"        // another 4xx
	CodeTooLarge         = "too_large"          // 413, or longer than the model reads
	CodeTLS              = "tls"                // no trusted connection
	CodeRedirect         = "redirect"           // the provider pointed elsewhere
	CodeRefused          = "refused"            // by the model, or a filter of the provider
	CodeTruncated        = "truncated"          // the answer reached its limit
	CodeResponseTooLarge = "response_too_large" // above 1 MiB, or what the HTTP client takes
	CodeNotAllowed       = "not_allowed"        // the HTTP client may not reach it
	CodeWrongModel       = "wrong_model"        // another model answered
	CodeKey              = "key"                // there is no usable key
	CodeCancelled        = "cancelled"          // by the caller
)

// kinds says of each code what readers are told and whether trying again may help.
var kinds = map[string]struct {
	text  string
	retry bool
}{
	CodeRateLimited: {"the provider allows no more calls at present", true},
	CodeOverloaded:  {"the provider is overloaded", true},
	CodeServer:      {"the provider failed", true},
	CodeConflict:    {"the provider reports a conflict", true},
	CodeTimeout:     {"the provider did not answer in time", true},
	CodeReset:       {"the connection to the provider failed", true},
	CodeEmpty:       {"the provider's answer is empty", true},
	CodeMalformed:   {"the provider's answer cannot be read", true},

	CodeQuota:            {"the account at the provider has no credit left: top it up", false},
	CodeUnauthorized:     {"the provider refuses the key: see that it is valid and may use the model", false},
	CodeNotFound:         {"the provider knows no such address or model: see base_url and model", false},
	CodeBadRequest:       {"the provider rejects the request", false},
	CodeTooLarge:         {"the request is longer than the provider takes", false},
	CodeTLS:              {"the connection to the provider cannot be trusted: see its certificate and TLS version", false},
	CodeRedirect:         {"the provider redirects elsewhere: see base_url", false},
	CodeRefused:          {"the provider refuses to answer", false},
	CodeTruncated:        {"the answer is longer than it may be: see answer_tokens", false},
	CodeResponseTooLarge: {"the provider's answer is too large", false},
	CodeNotAllowed:       {"the provider is not among the hosts that may be reached: see egress", false},
	CodeWrongModel:       {"another model than the configured one answered", false},
	CodeKey:              {"the key for the provider cannot be read", false},
	CodeCancelled:        {"the call was cancelled", false},
}

// Failure is why there is no answer. Nothing in it is quoted from the provider
// but RequestID.
type Failure struct {
	Code string
	// Detail says more in a few fixed words, "connection refused"; often empty.
	Detail string
	// Retry: trying again may help.
	Retry bool
	// RetryAfter is how long the provider asked to wait, at most 10 min; zero: not told.
	RetryAfter time.Duration
	// Waits: the provider itself asked to wait, with 429, 503 or 529 and a time.
	Waits     bool
	Status    int    // of HTTP; zero: no answer came
	RequestID string // the provider's own name for the call, printable ASCII
}

// Error is our text for the code, never the provider's.
func (f *Failure) Error() string {
	if f.Detail != "" {
		return kinds[f.Code].text + ": " + f.Detail
	}
	return kinds[f.Code].text
}

func failure(code string) *Failure { return &Failure{Code: code, Retry: kinds[code].retry} }

func (f *Failure) because(detail string) *Failure {
	f.Detail = detail
	return f
}

// permanently is f where trying again cannot help although its code allows it.
func (f *Failure) permanently() *Failure {
	f.Retry = false
	return f
}
