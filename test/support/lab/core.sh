# shellcheck shell=bash
# `core`, the lab's fourth router where it is asked for: GoBGP, an iBGP neighbour of edge. Sourced by lab.sh.
#
#   edge (AS 65000) ---- core (AS 65000, GoBGP)
#      IPv4 transport      |
#                       station
#
# It injects what FRR cannot originate here (VPN and EVPN routes without VRF devices), and it speaks BMP itself, all views,
# as a second monitored router. There is no ADD-PATH between the two: where their OPENs agree on it, both FRR 8.4 and
# GoBGP 3.10 send IPv4 unicast routes over BMP without path identifiers.

CORE_PEER=10.255.3.2       # core as edge sees it
EDGE_OF_CORE=10.255.3.1    # edge as core sees it

core_network() {
  ip netns add "$(ns core)"
  ip -n "$(ns edge)" link add core type veth peer name edge netns "$(ns core)"
  ip -n "$(ns edge)" addr add $EDGE_OF_CORE/30 dev core
  ip -n "$(ns core)" addr add $CORE_PEER/30 dev edge
  ip -n "$(ns edge)" link set core up
  ip -n "$(ns core)" link set edge up
  core_station
}

# Its link to the station.
core_station() {
  ip link add "bmpcore$NUMBER" type veth peer name station netns "$(ns core)"
  ip addr add "$CORE_STATION/30" dev "bmpcore$NUMBER"
  ip -n "$(ns core)" addr add "198.19.$NUMBER.2/30" dev station
  ip link set "bmpcore$NUMBER" up
  local l
  for l in lo station; do ip -n "$(ns core)" link set "$l" up; done
}

# What edge knows of core.
edge_core_config() {
  cat <<CONF
router bgp $EDGE_AS
 neighbor $CORE_PEER remote-as $EDGE_AS
 neighbor $CORE_PEER timers connect 1
 address-family ipv4 unicast
  neighbor $CORE_PEER activate
  neighbor $CORE_PEER soft-reconfiguration inbound
  neighbor $CORE_PEER next-hop-self
 exit-address-family
 address-family ipv6 unicast
  neighbor $CORE_PEER activate
  neighbor $CORE_PEER soft-reconfiguration inbound
  neighbor $CORE_PEER next-hop-self
 exit-address-family
 address-family ipv4 vpn
  neighbor $CORE_PEER activate
  neighbor $CORE_PEER soft-reconfiguration inbound
 exit-address-family
 address-family l2vpn evpn
  neighbor $CORE_PEER activate
  neighbor $CORE_PEER soft-reconfiguration inbound
 exit-address-family
exit
CONF
}

core_config() {
  cat <<CONF
[global.config]
  as = $EDGE_AS
  router-id = "10.255.0.4"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "$EDGE_OF_CORE"
    peer-as = $EDGE_AS
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 60
    keepalive-interval = 20
    idle-hold-time-after-reset = 1
CONF
  local family
  for family in ipv4-unicast ipv6-unicast l3vpn-ipv4-unicast l2vpn-evpn; do
    printf '  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "%s"\n' "$family"
  done
}

core_start() {
  setsid ip netns exec "$(ns core)" sh -c 'echo $$ >"$1" && exec gobgpd -f "$2" --api-hosts 127.0.0.1:50051' sh \
    "$DIR/core/gobgpd.pid" "$DIR/core/gobgpd.toml" </dev/null >"$DIR/core/gobgpd.log" 2>&1 &
  local i
  for ((i = 0; i < 100; i++)); do
    gobgp neighbor >/dev/null 2>&1 && return
    sleep 0.05
  done
  die "core: gobgpd did not start: $(cat "$DIR/core/gobgpd.log")"
}

gobgp() { ip netns exec "$(ns core)" gobgp "$@"; }

# What edge and core have told each other has arrived, by how many routes there are.
core_settled() {
  local f name told received sent
  [ -n "${CORE:-}" ] || return 0
  for f in ipv4:unicast ipv6:unicast ipv4:vpn l2vpn:evpn; do
    case $f in *:unicast) name=${f%:*} ;; ipv4:vpn) name=vpnv4 ;; *) name=evpn ;; esac
    read -r told received sent < <(shell edge "show bgp ${f/:/ } summary json" |
      jq -r --arg p $CORE_PEER '[.. | .peers? | objects][0][$p] | "\(.state) \(.pfxRcd) \(.pfxSnt)"')
    [ "$told" = Established ] && [ "$received" = "$(core_routes adj-out $name)" ] || return 1
    case $f in *:unicast) [ "$sent" = "$(core_routes adj-in $name)" ] || return 1 ;; esac
  done
}

core_routes() { gobgp neighbor $EDGE_OF_CORE "$1" -a "$2" -j 2>/dev/null | jq '[.[]? | length] | add // 0'; }
