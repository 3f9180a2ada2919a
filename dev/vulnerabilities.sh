#!/bin/sh
# Runs govulncheck over the whole module, with the online database or an unpacked copy.
set -eu
cd "$(dirname "$0")/.."
copy=${1:-}

if [ -n "$copy" ]; then
  if [ ! -f "$copy/index/modules.json" ]; then
    echo "GOVULNDB=$copy is no unpacked vulnerability database (no index/modules.json there)" >&2
    exit 1
  fi
  exec bin/dev tool govulncheck -db "file://$(cd "$copy" && pwd)" -tags render ./...
fi
bin/dev tool govulncheck -tags render ./... || {
  status=$?
  echo "If https://vuln.go.dev cannot be reached from here: unpack a copy of it and name its folder in GOVULNDB" >&2
  exit "$status"
}
