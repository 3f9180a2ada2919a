#!/bin/sh
# Says what is missing, all at once and with the command that installs it, before
# anything is downloaded or built.
#
#   dev/preflight.sh go [postgres] [render] [hostile] [clients]   what the target needs
#   dev/preflight.sh race                               prints -race where the race detector works
#   dev/preflight.sh costs                              what a first build will take
set -eu

cd "$(dirname "$0")/.."
needed_go=$(sed -n 's/^go //p' go.mod)
oldest_postgres=15
oldest_node=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' docs/clients/typescript/package.json)
missing=

# at_least A B: version A is B or newer, compared by their first two numbers.
at_least() {
  [ "$(echo "$1" | awk -F. '{print $1 * 1000 + $2}')" -ge "$(echo "$2" | awk -F. '{print $1 * 1000 + $2}')" ]
}

# install DEBIAN FEDORA ALPINE BREW: the command for this machine.
install() {
  if [ "$(uname)" = Darwin ]; then echo "brew install $4"
  elif command -v apt-get >/dev/null 2>&1; then echo "sudo apt-get install $1"
  elif command -v dnf >/dev/null 2>&1; then echo "sudo dnf install $2"
  elif command -v apk >/dev/null 2>&1; then echo "sudo apk add $3"
  else echo "install $1 with your package manager"
  fi
}

lacks() { missing="$missing
  $1
      $2"; }

go_install() {
  if [ "$(uname)" = Darwin ]; then echo "brew install go"; else echo "download it from https://go.dev/dl/ (distributions' packages are often too old)"; fi
}

check_go() {
  if ! command -v go >/dev/null 2>&1; then
    lacks "Go $needed_go or newer: there is no go on PATH" "$(go_install)"
    return
  fi
  # Outside the module: inside it, Go 1.21 and newer fetch what go.mod asks for.
  have=$(cd / && GOTOOLCHAIN=local go version 2>/dev/null | sed 's/^go version go//; s/[^0-9.].*//')
  if at_least "${have:-0.0}" "$needed_go"; then
    return
  fi
  if at_least "${have:-0.0}" 1.21 && [ "$(cd / && go env GOTOOLCHAIN)" != local ]; then
    ls -d "$(cd / && go env GOMODCACHE)/golang.org/toolchain@v0.0.1-go$needed_go."* >/dev/null 2>&1 ||
      echo "Go $have will download Go $needed_go by itself, once (about 70 MB)" >&2
    return
  fi
  lacks "Go $needed_go or newer: this is Go ${have:-of an unknown version}" "$(go_install)"
}

# postgres_major DIR: the major version of a folder with initdb and postgres, else 0.
postgres_major() {
  for program in initdb postgres; do
    [ -x "$1/$program" ] || { echo 0; return; }
  done
  major=$("$1/initdb" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
  echo "${major:-0}"
}

# The same places as in dev/postgres/find.go.
check_postgres() {
  newest=0
  if [ -n "${COB_DEV_PG_BIN:-}" ]; then
    newest=$(postgres_major "$COB_DEV_PG_BIN")
  else
    on_path=$(command -v initdb 2>/dev/null || true)
    [ -n "$on_path" ] && [ -x "$(dirname "$on_path")/postgres" ] && newest=$(postgres_major "$(dirname "$on_path")")
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
      /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /opt/homebrew/opt/postgresql/bin \
      /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin /opt/local/lib/postgresql*/bin \
      /Applications/Postgres.app/Contents/Versions/*/bin; do
      major=$(postgres_major "$dir")
      [ "$major" -gt "$newest" ] && newest=$major
    done
  fi
  command="$(install postgresql postgresql-server postgresql postgresql@17)"
  if [ -n "${COB_DEV_PG_BIN:-}" ] && [ "$newest" -eq 0 ]; then
    lacks "PostgreSQL: COB_DEV_PG_BIN=$COB_DEV_PG_BIN holds no initdb and postgres" "set it to the folder that does, or unset it"
  elif [ "$newest" -eq 0 ]; then
    lacks "PostgreSQL $oldest_postgres or newer: its initdb is neither on PATH nor in the usual places" "$command"
  elif [ "$newest" -lt "$oldest_postgres" ]; then
    lacks "PostgreSQL $oldest_postgres or newer: this is $newest" "$command"
  fi
}

check_render() {
  command -v qpdf >/dev/null 2>&1 || lacks "qpdf, which checks the structure of PDF files" "$(install qpdf qpdf qpdf qpdf)"
  for program in pdftotext pdftoppm; do
    command -v "$program" >/dev/null 2>&1 || { lacks "poppler ($program), which reads PDF files" "$(install poppler-utils poppler-utils poppler-utils poppler)"; break; }
  done
  for program in chromium chromium-browser google-chrome "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    command -v "$program" >/dev/null 2>&1 && return
  done
  lacks "Chromium, which shows HTML" "$(install chromium chromium chromium '--cask chromium')"
}

check_hostile() {
  [ "$(uname)" = Linux ] || lacks "Linux, whose kernel shuts the tests off from files and networks" "run make test-hostile in a container"
  command -v cmark-gfm >/dev/null 2>&1 || lacks "cmark-gfm, which reads Markdown as GitHub does" "$(install cmark-gfm cmark-gfm cmark-gfm cmark-gfm)"
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import html5lib' 2>/dev/null && return
  done
  lacks "html5lib for Python 3, which reads HTML strictly" "$(install python3-html5lib python3-html5lib py3-html5lib python3)"
}

check_clients() {
  command="$(install nodejs nodejs nodejs node); where that is older, download it from https://nodejs.org/"
  if ! command -v node >/dev/null 2>&1; then
    lacks "Node.js $oldest_node or newer, which runs the TypeScript example: there is no node on PATH" "$command"
  else
    have=$(node --version 2>/dev/null | sed 's/^v//; s/[^0-9.].*//')
    at_least "${have:-0.0}" "$oldest_node" ||
      lacks "Node.js $oldest_node or newer, which runs the TypeScript example: this is ${have:-of an unknown version}" "$command"
  fi
  command -v npm >/dev/null 2>&1 || lacks "npm, which installs the example's packages" "$(install npm nodejs-npm npm node)"
}

race() {
  compiler=$(go env CC)
  if [ "$(go env CGO_ENABLED)" = 1 ] && echo 'int main(void) { return 0; }' | ${compiler:-cc} -x c -o /dev/null - >/dev/null 2>&1; then
    echo "-race"
  elif [ "${CI:-}" = true ]; then
    echo "The race detector needs a C compiler, and in CI it is required: $(install gcc gcc 'gcc musl-dev' gcc)" >&2
    exit 1
  else
    echo "no C compiler: testing without the race detector ($(install gcc gcc 'gcc musl-dev' gcc))" >&2
  fi
}

costs() {
  if [ ! -d "$(cd / && go env GOMODCACHE)/cache/download/go.temporal.io/sdk" ]; then
    echo "first build: downloads about 150 MB of Go modules and takes about 2 minutes" >&2
  fi
}

for need; do
  case $need in
    go) check_go ;;
    postgres) check_postgres ;;
    render) check_render ;;
    hostile) check_hostile ;;
    clients) check_clients ;;
    race) race ;;
    costs) costs ;;
    *) echo "preflight: unknown: $need" >&2; exit 2 ;;
  esac
done
if [ -n "$missing" ]; then
  echo "Missing:$missing" >&2
  exit 1
fi
