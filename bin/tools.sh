# Sourced by bin/station and bin/test: where the tools come from.
#
# As root on Debian, what is missing is installed from Debian's own packages. As anybody else, what is missing is
# named, with the command that installs it. Nothing else of the machine is changed.

# command:package[,package] pairs. Debian splits OTP, and the packages from Hex expect its applications and headers
# together; its gcc does not bring what it takes to link.
BUILD_TOOLS="mix:elixir,erlang-nox erlc:erlang-dev cc:gcc,libc6-dev"
TEST_TOOLS="nats-server:nats-server pg_ctl:postgresql vtysh:frr ip:iproute2 jq:jq socat:socat chromium:chromium \
faketime:faketime stayrtr:stayrtr"

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Debian keeps these off an ordinary PATH.
PATH="$PATH:/usr/sbin:/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
[ -f "${HOME:-}/.cargo/env" ] && . "$HOME/.cargo/env"
# Elixir warns at every start where the locale is not UTF-8, and would mangle what it prints.
case "${LC_ALL:-${LANG:-}}" in *[Uu][Tt][Ff]*8*) ;; *) export LC_ALL=C.UTF-8 ;; esac

# have COMMAND: it is there, and a C compiler can link too
have() {
  command -v "$1" >/dev/null 2>&1 || return 1
  [ "$1" != cc ] || echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - >/dev/null 2>&1
}

# packages PAIR...: the packages of all of them
packages() {
  local pair out=""
  for pair in "$@"; do out="$out ${pair##*:}"; done
  echo ${out//,/ }
}

# missing PAIR...: the packages of the commands that are not there
missing() {
  local pair out=()
  for pair in "$@"; do have "${pair%%:*}" || out+=("$pair"); done
  packages ${out[@]+"${out[@]}"}
}

how_to_install() { echo "Install with: apt-get install --no-install-recommends $*"; }

# what_is_installed PAIRS: the part of --help that tells it
what_is_installed() {
  fmt -w 110 <<TEXT
What it installs: as root on Debian, those of these packages whose commands are missing: $(packages $1). As anybody else
it only says which are missing. The crates of Cargo.lock go to ~/.cargo; where Elixir is 1.18 or newer, Hex and rebar3 go
to ~/.mix and their packages to deps/. Where node and npm are, the map is built, with npm's packages in assets/. Rust itself (cargo,
with rustup) has to be there.
TEXT
}

# provide PAIR...: install what is missing if we may; afterwards the packages still missing are in $MISSING
provide() {
  MISSING=$(missing "$@")
  if [ -n "$MISSING" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing from Debian: $MISSING"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $MISSING >/dev/null
    hash -r
    PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
    MISSING=$(missing "$@")
  fi
}

require_build_tools() {
  command -v cargo >/dev/null || die "the Rust toolchain (cargo) is missing. Install it with rustup: https://rustup.rs"
  provide $BUILD_TOOLS
  [ -z "$MISSING" ] || die "missing: $MISSING. $(how_to_install $MISSING)"
}

new_enough_for_full_build() { elixir -e 'unless Version.match?(System.version(), ">= 1.18.0"), do: System.halt(1)'; }

# Elixir's package tools, where it has none: Hex, and rebar3 for packages that are written in Erlang.
fetch_hex() {
  (cd / && mix help hex) >/dev/null 2>&1 || say "installing Hex and rebar3, Elixir's package tools, into ~/.mix"
  (cd / && timeout 60 mix local.hex --if-missing --force && timeout 60 mix local.rebar --if-missing --force) >/dev/null 2>&1
}

# The packages of mix.exs, where deps/ does not have them all.
fetch_packages() {
  mix deps.loadpaths --no-compile >/dev/null 2>&1 && return
  say "fetching the packages of mix.exs from Hex into deps/"
  timeout 300 mix deps.get
}

# build_map: the map's bundle from assets/, unless it is there and newer than its sources. Else why not is in $WHY_NO_MAP.
build_map() {
  local built=priv/static/app/map/god-view.js
  [ -f "$built" ] && [ -z "$(find assets native/origins -newer "$built" -type f -not -path '*/node_modules/*' -not -path '*/.test/*' | head -1)" ] && return
  if ! have node || ! have npm; then WHY_NO_MAP="node and npm are not installed" && return 1; fi
  say "building the map from assets/ with npm"
  (cd assets && timeout 300 npm ci --ignore-scripts --silent) >&2 || { WHY_NO_MAP="its npm packages do not resolve from here" && return 1; }
  (cd assets && npm run --silent build) >&2 || { WHY_NO_MAP="its build failed" && return 1; }
}
