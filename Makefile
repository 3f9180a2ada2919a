# COB, on one machine. `make` alone prints this help; CONTRIBUTING tells more.
# Works with GNU make 4 and with the make 3.81 of macOS.

GO ?= go
# What `make test` and `make check` look at.
PACKAGES ?= ./...
# Passed to go test: make test TESTFLAGS='-run Facts -v'
TESTFLAGS ?=
# How long each fuzz target runs.
FUZZTIME ?= 10s
# How many series make soak closes at once, and the seed of its kills. None: one by chance,
# which is printed, so that a run can be repeated.
SERIES ?= 1000
SEED ?=

# What the programs say of themselves, and what names a versioned worker's build.
COB_VERSION ?= $(shell git describe --always --dirty=+dirty --abbrev=12 2>/dev/null)

BUILD := $(GO) build -trimpath

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@echo 'COB issues close-of-business reports. Start with: make demo'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ------------------------------------------------------------------ run it

.PHONY: demo
demo: stack-needs build ## the sample's latest report in out/; AI=openai|anthropic|URL has a model write
	@bin/dev demo $(if $(AI),--ai '$(AI)')

.PHONY: dev
dev: stack-needs build ## Postgres, Temporal with its UI and the worker, until Ctrl-C
	@bin/dev up

.PHONY: dev-reset
dev-reset: go-needs dev-command ## forget the data that make dev keeps
	@bin/dev reset

.PHONY: build
build: go-needs dev-command ## bin/worker and bin/starter
	@mkdir -p bin
	$(BUILD) -ldflags '-X github.com/closeofbusiness/cob/config.build=$(COB_VERSION)' -o bin/ ./worker ./starter

# ------------------------------------------------------------------ test it

.PHONY: test
test: stack-needs build ## every test that needs only Go, make and Postgres
	@race=$$(dev/preflight.sh race) && set -x && bin/dev exec --test -- $(GO) test $$race -timeout 10m $(TESTFLAGS) $(PACKAGES)

.PHONY: test-render
test-render: go-needs ## rendered files, seen by qpdf, poppler and Chromium
	@dev/preflight.sh render
	$(GO) test -tags render -timeout 10m $(TESTFLAGS) ./report/render/...

# In processes without files and network, on Linux; .ci/run installs what looks at the files.
.PHONY: test-hostile
test-hostile: go-needs ## hostile inputs in every place where text comes in
	@dev/preflight.sh render hostile
	$(GO) test -tags hostile -timeout 20m $(TESTFLAGS) ./hostile

# It says what it builds and does while it does so (-v): its first build takes minutes.
.PHONY: test-outage
test-outage: stack-needs build ## a server that was down over a weekend, stopped and started
	bin/dev exec --test -- $(GO) test -v -tags outage -timeout 30m -count 1 -run '^TestOutage' $(TESTFLAGS) ./e2e

.PHONY: test-clients
test-clients: clients-needs build ## the example of docs/clients, by Node.js, at a real site
	bin/dev exec --test -- $(GO) test -tags clients -run '^TestClients' -timeout 10m $(TESTFLAGS) ./e2e

.PHONY: test-cli
test-cli: stack-needs build ## every temporal command line of the documents, word for word
	bin/dev exec --test -- env COB_TEST_EVERY_LINE=1 $(GO) test -tags cli -run '^(TestCommandLine|TestVersions)' -count 1 -timeout 15m $(TESTFLAGS) ./e2e

# Without the race detector, which tries a tenth of them.
.PHONY: test-corpora
test-corpora: go-needs ## all false narratives and injections, with the figures of docs/ai.md
	$(GO) test -v -count 1 -timeout 10m -run '^(TestMutationCorpus|TestFreshMutants|TestTrueClaimsBySet|TestInjectionCorpus)$$' $(TESTFLAGS) ./report/analysis/...

.PHONY: test-zones
test-zones: go-needs ## calendars in every time zone over thirty years
	env COB_TEST_ALL=1 $(GO) test -count 1 -timeout 20m $(TESTFLAGS) ./report/calendar

.PHONY: test-all
test-all: test test-corpora test-zones test-render test-hostile test-outage test-clients test-cli ## all tests

.PHONY: bench
bench: stack-needs build ## benchmarks, with the ratios that they must keep
	bin/dev exec --test -- $(GO) test -run '^$$' -bench . -benchmem -timeout 30m $(TESTFLAGS) $(PACKAGES)

.PHONY: soak
soak: stack-needs ## SERIES (1000) reports at once while all is killed at random; an hour at most
	@$(GO) test -tags soak -count 1 -v -run '^TestSoak$$' -timeout 60m $(TESTFLAGS) ./e2e -args -series $(SERIES) $(if $(SEED),-seed $(SEED))

.PHONY: fuzz
fuzz: stack-needs build ## every fuzz target for FUZZTIME (10s)
	@bin/dev exec --test -- dev/fuzz.sh $(FUZZTIME)

# ------------------------------------------------------------------ check it

CHECKS := check-format check-modules check-vet check-staticcheck check-workflows check-imports \
	check-generated check-sql check-migrations check-security check-secrets check-vulnerabilities

.PHONY: check
check: $(CHECKS) ## everything but the tests: format, lint, generated code, migrations, security
	@echo 'all checks passed'

.PHONY: check-format
check-format: go-needs
	@unformatted=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w): $$unformatted" >&2; exit 1; fi

# The proxy need not hold what only the tests of dependencies import: tidy -e goes on without.
.PHONY: check-modules
check-modules: go-needs
	$(GO) mod verify
	$(GO) mod tidy -diff

.PHONY: check-vet
check-vet: go-needs
	$(GO) vet $(PACKAGES)
	$(GO) vet -tags render ./report/render/...
	GOOS=linux $(GO) vet -tags hostile ./hostile
	$(GO) vet -tags clients,cli ./e2e/...
	$(GO) vet -tags outage,soak ./e2e/...
	GOOS=darwin $(GO) vet ./dev/...

.PHONY: check-staticcheck
check-staticcheck: go-needs dev-command
	bin/dev tool staticcheck -tags render,hostile,outage,clients,cli,soak $(PACKAGES)

# Workflow code must be deterministic: no clock, no randomness, no bare goroutines.
.PHONY: check-workflows
check-workflows: go-needs dev-command
	bin/dev tool workflowcheck ./workflows/...

.PHONY: check-imports
check-imports: go-needs
	$(GO) test -count=1 -run '^TestHouse' ./dev

.PHONY: check-generated
check-generated: go-needs dev-command
	bin/dev tool sqlc diff

# Each query is prepared by a real Postgres that has our schema.
.PHONY: check-sql
check-sql: stack-needs build
	bin/dev exec --migrate -- bin/dev tool sqlc vet

.PHONY: check-migrations
check-migrations: stack-needs dev-command
	bin/dev exec --test -- $(GO) test -count=1 -run '^TestMigrations' ./dev/testserver

# gosec's rules that are off:
#   G104  errcheck's business; an error that is dropped is dropped by `_ =`, visibly
#   G115  integer conversions: it cannot see bounds; ours are checked where a value enters
.PHONY: check-security
check-security: go-needs dev-command
	bin/dev tool gosec -quiet -color=false -fmt text -exclude G104,G115 -tags render,hostile,outage,clients,cli,soak $(PACKAGES)

.PHONY: check-secrets
check-secrets: go-needs dev-command
	bin/dev tool gitleaks dir --no-banner --redact --log-level warn .
	bin/dev tool gitleaks git --no-banner --redact --log-level warn .

# GOVULNDB names an unpacked copy of https://vuln.go.dev for machines that don't reach it.
.PHONY: check-vulnerabilities
check-vulnerabilities: go-needs dev-command
	@dev/vulnerabilities.sh "$(GOVULNDB)"

# ------------------------------------------------------------------ the rest

.PHONY: generate
generate: go-needs dev-command ## the code that sqlc makes of the queries
	bin/dev tool sqlc generate

.PHONY: clean
clean: ## remove what was built (not the data: make dev-reset)
	rm -rf bin

.PHONY: go-needs
go-needs:
	@dev/preflight.sh go costs

.PHONY: stack-needs
stack-needs:
	@dev/preflight.sh go postgres costs

.PHONY: clients-needs
clients-needs:
	@dev/preflight.sh go postgres clients costs

.PHONY: dev-command
dev-command: go-needs
	@mkdir -p bin
	@$(BUILD) -o bin/dev ./dev
