#!/bin/bash
# A lab of three FRR routers in network namespaces: `edge` speaks BMP and has two BGP neighbours, `west` over IPv4 and
# `east` over IPv6. Needs root and the Debian packages frr, iproute2, jq and util-linux; neither systemd nor containers.
#
# Everything belongs to a directory that the caller names and has a number of its own, so any number of labs run side
# by side. What was started is ended by process id, and only after the process was found in the lab's own namespace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=routers.sh
. "$here/routers.sh"
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=core.sh
. "$here/core.sh"
# shellcheck source=ospf.sh
. "$here/ospf.sh"

usage() {
  cat <<'USAGE'
usage: lab.sh COMMAND DIR [...]

  up DIR [ROUTES] [core | ospf]
                            start the routers with ROUTES (default 1000, from 40 to 8000) announced by the two
                            neighbours together, wait until edge has them, print the lab's facts as KEY=value;
                            with `core`, a fourth router: see core.sh;
                            with `ospf`, two more that speak OSPF, and GoBGP beside them: see ospf.sh
  down DIR                  end it all; DIR keeps the logs and configurations
  facts DIR                 print the facts again
  bmp DIR PORT              let edge speak BMP to STATION:PORT (pre- and post-policy, IPv4 and IPv6 unicast)
  reboot DIR                edge's bgpd is stopped and started again; it speaks no BMP until `bmp`
  gobgp DIR ARGUMENT...     a command to core, for example `global rib add 10.0.0.0/24`
  no-bmp DIR                close the BMP session (FRR 8.4 sends no Termination, only FIN)
  withdraw DIR ROUTER N     west or east takes back the first N prefixes of each family (half of them shared at most)
  announce DIR ROUTER N     ... announces them again
  change DIR ROUTER N       ... gives them other attributes; `announce` gives them the first ones back
  shutdown DIR ROUTER [TEXT]
                            edge takes the neighbour down (`neighbor X shutdown`), with a text: Peer Down reason 2
  no-shutdown DIR ROUTER    ... and up again
  leave DIR ROUTER [TEXT]   the neighbour itself shuts the session (CEASE), with a text: Peer Down reason 3
  return DIR ROUTER         ... and opens it again
  kill DIR ROUTER           kill -9 of the neighbour's bgpd: Peer Down reason 4
  restart DIR ROUTER        ... and start it again
  refresh DIR               edge runs its stored routes through the policy again (`clear bgp * soft in`): see tables.sh
  settle DIR [SECONDS]      wait until edge holds what every neighbour that is up announces (default 120 s)
  routes DIR                edge's own tables, one JSON object a route (form and sources: tables.sh)
  expected DIR              the same as FRR 8.4's BMP tells it, its known faults marked (tables.sh)
  peers DIR                 edge's neighbours, one JSON object each
  vtysh DIR ROUTER CMD...   commands to a router's own shell
USAGE
}

die() { echo "lab: $*" >&2; exit 1; }

need() {
  local missing=() t
  [ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
  for t in ip jq unshare vtysh; do command -v "$t" >/dev/null || missing+=("$t"); done
  [ -x "$FRR/bgpd" ] || missing+=("$FRR/bgpd")
  [ ${#missing[@]} = 0 ] || die "missing ${missing[*]} (Debian packages: frr iproute2 jq util-linux)"
}
FRR=/usr/lib/frr

# ---- names -------------------------------------------------------------------------------------------------------
ns() { echo "bmplab$NUMBER-$1"; }
shell() { local r=$1 c a=(); shift; for c; do a+=(-c "$c"); done; vtysh --vty_socket "$SOCKETS/$r" --config_dir "$DIR/$r" "${a[@]}"; }
neighbour() { case $1 in west) echo "$WEST_PEER" ;; east) echo "$EAST_PEER" ;; *) die "no such neighbour: $1" ;; esac }
asn() { case $1 in west) echo $WEST_AS ;; east) echo "$EAST_AS" ;; edge) echo $EDGE_AS ;; esac }

load() {
  [ -f "$DIR/facts" ] || die "no lab in $DIR"
  # shellcheck disable=SC1091
  . "$DIR/facts"
}

# ---- up and down -------------------------------------------------------------------------------------------------
# The first number whose namespace can be made is ours: `ip netns add` fails where the name is taken.
claim() {
  for ((NUMBER = 1; NUMBER < 250; NUMBER++)); do
    ip netns add "$(ns edge)" 2>/dev/null && return
  done
  die "no free lab number"
}

network() {
  local edge west east
  edge=$(ns edge) west=$(ns west) east=$(ns east)
  ip netns add "$west"
  ip netns add "$east"
  ip link add "bmplab$NUMBER" type veth peer name station netns "$edge"
  ip addr add "$STATION/30" dev "bmplab$NUMBER"
  ip link set "bmplab$NUMBER" up
  ip -n "$edge" addr add "$EDGE/30" dev station
  ip -n "$edge" link add west type veth peer name edge netns "$west"
  ip -n "$edge" link add east type veth peer name edge netns "$east"
  # Both families on both links: a neighbour's next hop of the family its session does not use must be reachable too.
  ip -n "$edge" addr add 10.255.1.1/30 dev west
  ip -n "$west" addr add 10.255.1.2/30 dev edge
  ip -n "$edge" addr add 2001:db8:ffff:1::1/64 dev west nodad
  ip -n "$west" addr add 2001:db8:ffff:1::2/64 dev edge nodad
  ip -n "$edge" addr add 10.255.2.1/30 dev east
  ip -n "$east" addr add 10.255.2.2/30 dev edge
  ip -n "$edge" addr add 2001:db8:ffff:2::1/64 dev east nodad
  ip -n "$east" addr add 2001:db8:ffff:2::2/64 dev edge nodad
  # No duplicate address detection: the routers need their link-local addresses at once.
  local n l
  for n in "$edge" "$west" "$east"; do
    ip netns exec "$n" sh -c 'for f in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$f; done'
  done
  for n in "$edge:lo station west east" "$west:lo edge" "$east:lo edge"; do
    for l in ${n#*:}; do ip -n "${n%%:*}" link set "$l" up; done
  done
}

# start ROUTER DAEMON [OPTION...]: in the foreground of a session of its own, so that the id we note is the daemon's.
# BMP's sysName is the host name of the UTS namespace, not FRR's `hostname`. bgpd -n leaves the kernel's tables alone.
start() {
  local router=$1 daemon=$2
  shift 2
  setsid ip netns exec "$(ns "$router")" unshare -u sh -c "hostname $router && exec \"\$@\"" sh \
    "$FRR/$daemon" -u root -g frrvty -A 127.0.0.1 --vty_socket "$SOCKETS/$router" -z "$SOCKETS/$router/zserv.api" \
    -i "$DIR/$router/$daemon.pid" -f "$DIR/$router/$daemon.conf" --log "file:$DIR/$router/$daemon.log" "$@" \
    </dev/null >"$DIR/$router/$daemon.out" 2>&1 &
  for ((i = 0; i < 100; i++)); do
    [ -S "$SOCKETS/$router/$daemon.vty" ] && [ -s "$DIR/$router/$daemon.pid" ] && return
    sleep 0.05
  done
  die "$router: $daemon did not start: $(cat "$DIR/$router/$daemon.out")"
}

bgpd() { if [ "$1" = edge ]; then start edge bgpd -n -M bmp; else start "$1" bgpd -n; fi; }

# Only a process that still is in the router's namespace is ours (and a dead one nobody reaped is in none).
ours() { [ "$(ip netns identify "$2" 2>/dev/null)" = "$(ns "$1")" ]; }

# end SIGNAL ROUTER/DAEMON...: signal them all, wait for them all, insist after 5 s.
end() {
  local signal=$1 it file pid i
  shift
  for it; do
    file=$DIR/$it.pid
    [ -s "$file" ] && ours "${it%/*}" "$(cat "$file")" && kill "-$signal" "$(cat "$file")"
  done
  for it; do
    file=$DIR/$it.pid
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    for ((i = 0; i < 100; i++)); do ours "${it%/*}" "$pid" || break; sleep 0.05; done
    if ((i == 100)); then kill -KILL "$pid"; fi
    rm -f "$file" "$SOCKETS/$it.vty"
  done
}

up() {
  local routes=${1:-1000} r
  case ${2:-} in core) CORE=yes ;; ospf) OSPF=yes ;; esac
  need
  [ "$routes" -ge 40 ] && [ "$routes" -le 8000 ] || die "ROUTES from 40 to 8000"
  [ ! -e "$DIR/facts" ] || die "$DIR has a lab already"
  claim
  STATION=198.18.$NUMBER.1 EDGE=198.18.$NUMBER.2 CORE_STATION=198.19.$NUMBER.1
  SOCKETS=$(mktemp -d /run/bmplab.XXXXXX) # short: a socket's path has room for 107 characters, DIR may be longer
  printf '%s=%s\n' NUMBER "$NUMBER" STATION "$STATION" EDGE "$EDGE" EDGE_NS "$(ns edge)" SYSNAME edge \
    ROUTES "$routes" SOCKETS "$SOCKETS" WEST_PEER "$WEST_PEER" WEST_AS "$WEST_AS" EAST_PEER "$EAST_PEER" EAST_AS "$EAST_AS" \
    OSPF "${OSPF:-}" FARM01_NS "$(ns farm01)" FARM01_PEER "$FARM01_PEER" TONKA01_PEER "$TONKA01_PEER" \
    CORE "${CORE:-}" CORE_STATION "$CORE_STATION" CORE_PEER "$CORE_PEER" EDGE_OF_CORE "$EDGE_OF_CORE" >"$DIR/facts"
  trap 'echo "lab: up failed, taking it down" >&2; down' ERR EXIT
  network
  for r in edge west east ${OSPF:+$OSPF_ROUTERS}; do
    mkdir -p "$DIR/$r" "$SOCKETS/$r"
    printf 'hostname %s\n' "$r" >"$DIR/$r/zebra.conf"
    : >"$DIR/$r/vtysh.conf"
  done
  edge_config >"$DIR/edge/bgpd.conf"
  if [ -n "${CORE:-}" ]; then
    core_network
    mkdir -p "$DIR/core"
    edge_core_config >>"$DIR/edge/bgpd.conf"
    core_config >"$DIR/core/gobgpd.toml"
  fi
  if [ -n "${OSPF:-}" ]; then
    ospf_network
    edge_ospf_config >>"$DIR/edge/bgpd.conf"
  fi
  neighbour_config west $((routes / 2)) >"$DIR/west/bgpd.conf"
  neighbour_config east $((routes - routes / 2)) >"$DIR/east/bgpd.conf"
  for r in west east edge; do start $r zebra; done
  for r in west east edge; do bgpd $r; done
  [ -z "${CORE:-}" ] || core_start
  [ -z "${OSPF:-}" ] || ospf_start
  settle
  trap - ERR EXIT
  cat "$DIR/facts"
}

down() {
  local r
  end TERM {edge,west,east,farm01,tonka01}/{bgpd,ospfd,zebra} core/gobgpd
  ip link del "bmplab$NUMBER" 2>/dev/null || true
  ip link del "bmpcore$NUMBER" 2>/dev/null || true
  for r in west east core farm01 tonka01 edge; do ip netns del "$(ns $r)" 2>/dev/null || true; done
  case $SOCKETS in /run/bmplab.*) rm -rf "$SOCKETS" ;; esac
  mv "$DIR/facts" "$DIR/facts.down"
}

# ---- actions -----------------------------------------------------------------------------------------------------
on_edge() { shell edge "configure terminal" "router bgp $EDGE_AS" "$@" >/dev/null; }

# From a file: the shell takes hundreds of lines at once that way.
first() {
  local router=$1 count=$2 no=$3 shift=$4 half v4
  half=$(share "$router") v4=$((half * 3 / 5))
  neighbour "$router" >/dev/null
  # Prefixes depend on the whole count (the shared tenth), so make all and keep the first.
  {
    echo "router bgp $(asn "$router")"
    echo " address-family ipv4 unicast"
    networks "$router" 4 "$v4" "$no" "$shift" | sed -n "1,${count}p"
    echo " exit-address-family"
    echo " address-family ipv6 unicast"
    networks "$router" 6 $((half - v4)) "$no" "$shift" | sed -n "1,${count}p"
    echo " exit-address-family"
  } >"$DIR/$router/change.conf"
  vtysh --vty_socket "$SOCKETS/$router" --config_dir "$DIR/$router" -f "$DIR/$router/change.conf" >/dev/null
}
share() { if [ "$1" = west ]; then echo $((ROUTES / 2)); else echo $((ROUTES - ROUTES / 2)); fi; }

bmp() {
  [ "$#" = 1 ] || die "bmp DIR PORT"
  on_edge "bmp targets station" "bmp stats interval ${STATS_MS:-5000}" \
    "bmp monitor ipv4 unicast pre-policy" "bmp monitor ipv4 unicast post-policy" \
    "bmp monitor ipv6 unicast pre-policy" "bmp monitor ipv6 unicast post-policy" \
    ${CORE:+"bmp monitor ipv4 vpn pre-policy" "bmp monitor ipv4 vpn post-policy"} \
    ${CORE:+"bmp monitor l2vpn evpn pre-policy" "bmp monitor l2vpn evpn post-policy"} \
    "bmp connect $STATION port $1 min-retry 200 max-retry 1000"
}
no_bmp() { on_edge "no bmp targets station"; }

# leave ROUTER NO TEXT
leave() {
  local to=10.255.1.1
  [ "$1" = east ] && to=2001:db8:ffff:2::1
  shell "$1" "configure terminal" "router bgp $(asn "$1")" "${2:+$2 }neighbor $to shutdown${3:+ message $3}" >/dev/null
}

# ---- the router's own tables -------------------------------------------------------------------------------------
# settle: what edge received from a neighbour is what that neighbour has, by prefix, AS path, MED and origin, and of one
# that is down it has nothing; seen twice, 300 ms apart, because next hops become valid a moment after the routes came.
settle() {
  local until=$((SECONDS + ${1:-120})) seen=0
  while ((seen < 2)); do
    if settled; then seen=$((seen + 1)); else seen=0; fi
    ((SECONDS < until)) || die "not settled in ${1:-120} s: $(shell edge 'show bgp summary')"
    sleep 0.3
  done
}

settled() {
  local r f peer up
  for r in west east; do
    peer=$(neighbour $r) up=true
    [ -s "$DIR/$r/bgpd.pid" ] && [ ! -e "$DIR/$r/left" ] && [ ! -e "$DIR/$r/shut" ] || up=false
    shell edge "show bgp neighbors $peer json" 2>/dev/null | jq -e --arg p "$peer" --argjson up $up '.[$p] |
      (.bgpState == "Established") == $up and
      ($up == false or (.gracefulRestartInfo.endOfRibRecv | .ipv4Unicast and .ipv6Unicast))' >/dev/null || return 1
    for f in ipv4 ipv6; do
      tables_of $r $f $up
      same "$f" "$r" $up || return 1
    done
  done
  core_settled && ospf_settled
}

case ${1:-} in -h | --help | help | '') usage; exit 0 ;; esac
[ "$#" -ge 2 ] || { usage >&2; exit 2; }
command=$1 DIR=$2
shift 2
if [ "$command" = up ]; then
  mkdir -p "$DIR"
  DIR=$(cd "$DIR" && pwd)
  up "$@"
  exit
fi
DIR=$(cd "$DIR" && pwd) || exit 1
load
case $command in
  down) down ;;
  facts) cat "$DIR/facts" ;;
  bmp) bmp "$@" ;;
  no-bmp) no_bmp ;;
  withdraw) first "$1" "$2" no 0 ;;
  announce) first "$1" "$2" "" 0 ;;
  change) first "$1" "$2" "" 7 ;;
  shutdown) on_edge "neighbor $(neighbour "$1") shutdown${2:+ message $2}"; : >"$DIR/$1/shut" ;;
  no-shutdown) on_edge "no neighbor $(neighbour "$1") shutdown"; rm -f "$DIR/$1/shut" ;;
  leave) leave "$1" "" "${2:-}"; : >"$DIR/$1/left" ;;
  return) leave "$1" no; rm -f "$DIR/$1/left" ;;
  kill) neighbour "$1" >/dev/null; end KILL "$1/bgpd" ;;
  restart) neighbour "$1" >/dev/null; bgpd "$1" ;;
  reboot) end TERM edge/bgpd; bgpd edge ;;
  gobgp) gobgp "$@" ;;
  refresh) shell edge "clear bgp * soft in" >/dev/null ;;
  settle) settle "$@" ;;
  routes) tables ;;
  expected) expected ;;
  peers) peers ;;
  vtysh) r=$1; shift; shell "$r" "$@" ;;
  *) usage >&2; exit 2 ;;
esac
