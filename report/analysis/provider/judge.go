package provider

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// judge is what went wrong with a call, or nil.
func (p *Provider) judge(ctx, limited context.Context, x *exchange, said reply, err error) *Failure {
	switch {
	case errors.Is(ctx.Err(), context.Canceled) && err != nil:
		return failure(CodeCancelled)
	case x.status >= 300:
		return p.refused(x)
	case err != nil && (limited.Err() != nil || slow(err)):
		return failure(CodeTimeout)
	case x.err != nil:
		return broken(x.err)
	case x.status == 0: // the client refused to send it
		return failure(CodeBadRequest)
	case len(bytes.TrimSpace(x.body())) == 0:
		return failure(CodeEmpty)
	case !json.Valid(x.body()):
		return failure(CodeMalformed)
	case err != nil:
		return failure(CodeMalformed).permanently()
	}
	return p.unfit(said)
}

// unanswered is the failure of a call that was never sent: by the context's end, or with code.
func unanswered(ctx, limited context.Context, code string) *Failure {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return failure(CodeCancelled)
	case limited.Err() != nil:
		return failure(CodeTimeout)
	}
	return failure(code)
}

// unfit is what is wrong with an answer that came in the right shape, or nil.
func (p *Provider) unfit(said reply) *Failure {
	switch {
	case said.code != "":
		return failure(said.code).permanently()
	case !sameModel(said.model, p.config.Model):
		return failure(CodeWrongModel)
	case strings.TrimSpace(said.text) == "":
		return failure(CodeEmpty)
	}
	return nil
}

// sameModel: the answer names the model asked for, or a version of it:
// gpt-4o-2024-11-20 for gpt-4o, but not gpt-4.1 for gpt-4.
func sameModel(answered, asked string) bool {
	rest, same := strings.CutPrefix(answered, strings.TrimSuffix(asked, "-latest"))
	return same && (rest == "" || strings.ContainsAny(rest[:1], "-:@"))
}

// statuses are those whose code is not that of their class.
var statuses = map[int]string{
	http.StatusUnauthorized: CodeUnauthorized, http.StatusForbidden: CodeUnauthorized,
	http.StatusPaymentRequired: CodeQuota, http.StatusNotFound: CodeNotFound, http.StatusRequestTimeout: CodeTimeout,
	http.StatusConflict: CodeConflict, http.StatusRequestEntityTooLarge: CodeTooLarge,
	http.StatusTooManyRequests: CodeRateLimited, http.StatusServiceUnavailable: CodeOverloaded, 529: CodeOverloaded,
}

// refused is the failure of an HTTP status, whether or not its body could be read.
func (p *Provider) refused(x *exchange) *Failure {
	code := statuses[x.status]
	switch {
	case code != "":
	case x.status >= 500:
		code = CodeServer
	case x.status >= 400:
		code = CodeBadRequest
	default:
		code = CodeRedirect
	}
	if fault := p.api.fault(x.body()); fault != "" && x.status < 500 {
		code = fault
	}
	f := failure(code)
	if f.Code == CodeRateLimited || f.Code == CodeOverloaded {
		f.RetryAfter, f.Waits = retryAfter(x.header, time.Now())
	}
	return f
}

// permanents are the codes of an HTTP client's own refusals.
var permanents = map[string]string{
	"not_allowed": CodeNotAllowed, "address_not_allowed": CodeNotAllowed, "plain_http": CodeNotAllowed,
	"redirect": CodeRedirect, "too_large": CodeResponseTooLarge, "tls_version": CodeTLS,
}

// broken is the failure of a connection.
func broken(err error) *Failure {
	var ours interface{ Permanent() string }
	if errors.As(err, &ours) {
		if code, known := permanents[ours.Permanent()]; known {
			return failure(code)
		}
		return failure(CodeNotAllowed)
	}
	if slow(err) {
		return failure(CodeTimeout)
	}
	if untrusted(err) {
		return failure(CodeTLS)
	}
	return failure(CodeReset).because(cause(err))
}

// slow tells whether time ran out. Cancelled, and not by the caller, is cancelled
// by the HTTP client's own time limit; only its outer error tells that for sure.
func slow(err error) bool {
	var n net.Error
	return errors.Is(err, context.Canceled) || errors.As(err, &n) && n.Timeout()
}

func cause(err error) string {
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup):
		return "host not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ended early"
	}
	return ""
}

// untrusted: TLS said no. Many of its errors have no type of their own.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	if errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.As(err, &host) || errors.As(err, &invalid) || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "tls: ") || strings.HasPrefix(err.Error(), "remote error: tls: ") {
			return true
		}
	}
	return false
}
