# Sourced by bin/station and bin/test: where the tools come from.
#
# As root on Debian, what is missing is installed from Debian's own packages. As anybody else, what is missing is
# named, with the command that installs it. Nothing else of the machine is changed.

# command:package[,package] pairs. Debian splits OTP, and the packages from Hex expect its applications and headers
# together; its gcc does not bring what it takes to link.
BUILD_TOOLS="mix:elixir,erlang-nox erlc:erlang-dev cc:gcc,libc6-dev"
TEST_TOOLS="nats-server:nats-server pg_ctl:postgresql vtysh:frr ip:iproute2 jq:jq socat:socat chromium:chromium"

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Debian keeps these off an ordinary PATH.
PATH="$PATH:/usr/sbin:/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
# Elixir warns at every start where the locale is not UTF-8, and would mangle what it prints.
case "${LC_ALL:-${LANG:-}}" in *[Uu][Tt][Ff]*8*) ;; *) export LC_ALL=C.UTF-8 ;; esac

# have COMMAND: it is there, and a C compiler can link too
have() {
  command -v "$1" >/dev/null 2>&1 || return 1
  [ "$1" != cc ] || echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - >/dev/null 2>&1
}

# missing PAIR...: the packages of the commands that are not there
missing() {
  local pair out=""
  for pair in "$@"; do
    have "${pair%%:*}" || out="$out ${pair##*:}"
  done
  echo ${out//,/ }
}

# provide PAIR...: install what is missing if we may; afterwards the names still missing are in $MISSING
provide() {
  local packages
  packages=$(missing "$@")
  if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing from Debian:$(printf ' %s' $packages)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    hash -r
    PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
  fi
  MISSING=$(missing "$@")
}

require_build_tools() {
  command -v cargo >/dev/null || die "the Rust toolchain (cargo) is missing: install it with rustup"
  provide $BUILD_TOOLS
  [ -z "$MISSING" ] || die "missing:$(printf ' %s' $MISSING). Install with: apt-get install --no-install-recommends $MISSING"
}
