package fakeai

import (
	"cmp"
	"net/http"
)

// faults are the type that each maker gives to an error of a status, and OpenAI's code.
var faults = map[int]struct{ openAI, code, anthropic, message string }{
	400: {"invalid_request_error", "", "invalid_request_error", "The request is invalid."},
	401: {"invalid_request_error", "invalid_api_key", "authentication_error", "Incorrect API key provided: "},
	402: {"insufficient_quota", "billing_hard_limit_reached", "billing_error", "There is a problem with your billing."},
	403: {"invalid_request_error", "", "permission_error", "Your key may not use this resource."},
	404: {"invalid_request_error", "", "not_found_error", "The requested resource could not be found."},
	405: {"invalid_request_error", "method_not_supported", "invalid_request_error", "Method not allowed."},
	409: {"invalid_request_error", "", "invalid_request_error", "The resource was changed by another request."},
	413: {"invalid_request_error", "", "request_too_large", "Request exceeds the maximum size."},
	422: {"invalid_request_error", "", "invalid_request_error", "The request cannot be processed."},
	429: {"requests", "rate_limit_exceeded", "rate_limit_error", "Rate limit reached."},
	500: {"server_error", "", "api_error", "The server had an error."},
	503: {"server_error", "", "api_error", "The engine is currently overloaded."},
	504: {"server_error", "", "timeout_error", "The request timed out."},
	529: {"server_error", "", "overloaded_error", "Overloaded"},
}

// Status answers with a status and the maker's error for it. That of 401 quotes
// the key, as OpenAI's did.
func Status(status int) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		message := faults[status].message
		if status == http.StatusUnauthorized {
			message += r.Key()
		}
		Fail(status, "", "", message)(w, r)
	}
}

// Quota answers that the account has nothing left: 429 insufficient_quota of
// OpenAI, 402 billing_error of Anthropic.
func Quota() Behaviour {
	return func(w http.ResponseWriter, r Request) {
		if r.Kind == Anthropic {
			Status(http.StatusPaymentRequired)(w, r)
			return
		}
		Fail(http.StatusTooManyRequests, "insufficient_quota", "insufficient_quota", "You exceeded your current quota.")(w, r)
	}
}

// Fail answers with an error in the maker's form. Empty kind and code: those that
// the status mostly has. Anthropic's have no code.
func Fail(status int, kind, code, message string) Behaviour {
	return func(w http.ResponseWriter, r Request) {
		usual, name := faults[status], "req_"+number(r)
		if r.Kind == Anthropic {
			kind := cmp.Or(kind, usual.anthropic, "api_error")
			sendJSON(w, r, status, object{"type": "error", "error": object{"type": kind, "message": message}, "request_id": name})
			return
		}
		fault := object{"message": message, "type": cmp.Or(kind, usual.openAI, "server_error"), "param": nil, "code": nil}
		if code := cmp.Or(code, usual.code); code != "" {
			fault["code"] = code
		}
		sendJSON(w, r, status, object{"error": fault})
	}
}
