#!/bin/sh
# Runs every fuzz target of the checkout, one after the other, for the time given.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10s}

targets=$(find . -name '*_test.go' -not -path './tools/*' -exec grep -H '^func Fuzz' {} + | sed 's/^\(.*\)\/[^/]*:func \(Fuzz[A-Za-z0-9_]*\).*/\1 \2/' | sort -u)
if [ -z "$targets" ]; then
  echo "no fuzz targets found" >&2
  exit 1
fi
echo "$targets" | while read -r folder target; do
  echo "$target in $folder, $time"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$folder"
done
