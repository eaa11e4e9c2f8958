# shellcheck shell=bash
# `farm01` and `tonka01`, where they are asked for: two routers with OSPF between them over two links, and iBGP to edge, into which they
# redistribute what OSPF knows. Sourced by lab.sh.
#
#             10.21.12.0/30, cost 10
#   farm01 ========== primary ========== tonka01      (AS 65000, OSPF area 0)
#      |   ========== backup  ==========    |
#      |      10.21.22.0/30, cost 100       |
#      +------------- edge (AS 65000) ------+
#      |                |                   |
#      |             station                |
#      |                |                   |
#      +------------ watch (AS 65000) ------+
#
# `watch` is GoBGP and speaks BMP, too, where GoBGP is installed: FRR 8.4 tells of such a route over BMP that it went, and not that it
# came back with another next hop.
# Each has a network behind it, 10.50.1.0/24 and 10.50.2.0/24, and a loopback. Routes of OSPF and the subnets between the two carry the
# community 65000:110; MED is OSPF's metric, as FRR has it.

FARM01_PEER=10.255.4.2  # farm01 and tonka01 as edge sees them
TONKA01_PEER=10.255.5.2
OSPF_ROUTERS="farm01 tonka01"

# A router's number, which its addresses are made of.
ospf_number() { case $1 in farm01) echo 1 ;; tonka01) echo 2 ;; esac; }
ospf_peer() { case $1 in farm01) echo $FARM01_PEER ;; tonka01) echo $TONKA01_PEER ;; esac; }

ospf_network() {
  local r n l
  for r in $OSPF_ROUTERS; do ip netns add "$(ns "$r")"; done
  for l in primary backup; do ip -n "$(ns farm01)" link add $l type veth peer name $l netns "$(ns tonka01)"; done
  for r in $OSPF_ROUTERS; do
    n=$(ospf_number "$r")
    ip -n "$(ns edge)" link add "$r" type veth peer name edge netns "$(ns "$r")"
    ip -n "$(ns edge)" addr add 10.255.$((n + 3)).1/30 dev "$r"
    ip -n "$(ns edge)" link set "$r" up
    ip -n "$(ns "$r")" addr add "$(ospf_peer "$r")/30" dev edge
    ip -n "$(ns "$r")" addr add "10.21.12.$n/30" dev primary
    ip -n "$(ns "$r")" addr add "10.21.22.$n/30" dev backup
    ip -n "$(ns "$r")" link add lan type veth peer name host
    ip -n "$(ns "$r")" addr add "10.50.$n.1/24" dev lan
    ip -n "$(ns "$r")" addr add "10.255.0.1$n/32" dev lo
    for l in lo edge primary backup lan host; do ip -n "$(ns "$r")" link set $l up; done
  done
  if watch_there; then watch_network; fi
  # FRR tells a route after policy only where its next hop, which iBGP leaves as it was, can be reached.
  ip -n "$(ns edge)" route add 10.21.0.0/16 via "$FARM01_PEER"
}

# ---- watch -------------------------------------------------------------------------------------------------------
watch_there() { command -v gobgpd >/dev/null && command -v gobgp >/dev/null; }

# It is in the place of `core`, which is not there in this lab: its namespace, its link to the station, its commands.
watch_network() {
  local r n
  ip netns add "$(ns core)"
  for r in $OSPF_ROUTERS; do
    n=$(($(ospf_number "$r") + 5))
    ip -n "$(ns core)" link add "$r" type veth peer name watch netns "$(ns "$r")"
    ip -n "$(ns core)" addr add "10.255.$n.1/30" dev "$r"
    ip -n "$(ns "$r")" addr add "10.255.$n.2/30" dev watch
    ip -n "$(ns core)" link set "$r" up
    ip -n "$(ns "$r")" link set watch up
  done
  core_station
}

watch_config() {
  local n
  printf '[global.config]\n  as = %s\n  router-id = "10.255.0.5"\n' "$EDGE_AS"
  for n in 6 7; do
    cat <<CONF
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.255.$n.2"
    peer-as = $EDGE_AS
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 60
    keepalive-interval = 20
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
CONF
  done
}

# What edge knows of them.
edge_ospf_config() {
  local r
  echo "router bgp $EDGE_AS"
  for r in $OSPF_ROUTERS; do
    cat <<CONF
 neighbor $(ospf_peer "$r") remote-as $EDGE_AS
 neighbor $(ospf_peer "$r") timers connect 1
 address-family ipv4 unicast
  neighbor $(ospf_peer "$r") activate
  neighbor $(ospf_peer "$r") route-map NOTHING out
 exit-address-family
CONF
  done
  echo exit
}

# Two hellos a second and dead after two: a link that is cut is seen at once all the same, because the interface goes.
ospfd_config() {
  cat <<CONF
hostname $1
interface primary
 ip ospf network point-to-point
 ip ospf cost 10
 ip ospf hello-interval 1
 ip ospf dead-interval 4
exit
interface backup
 ip ospf network point-to-point
 ip ospf cost 100
 ip ospf hello-interval 1
 ip ospf dead-interval 4
exit
router ospf
 ospf router-id 10.255.0.1$(ospf_number "$1")
 timers throttle spf 0 50 200
 network 10.21.0.0/16 area 0
 network 10.50.0.0/16 area 0
 network 10.255.0.0/24 area 0
exit
CONF
}

ospf_bgpd_config() {
  local n
  n=$(ospf_number "$1")
  cat <<CONF
frr version 8.4
frr defaults datacenter
hostname $1
bgp route-map delay-timer 0
ip prefix-list BETWEEN seq 5 permit 10.21.0.0/16 ge 30 le 30
route-map OSPF permit 10
 set community 65000:110
exit
route-map BETWEEN permit 10
 match ip address prefix-list BETWEEN
 set community 65000:110
exit
router bgp $EDGE_AS
 bgp router-id 10.255.0.1$n
 timers bgp 20 60
 neighbor 10.255.$((n + 3)).1 remote-as $EDGE_AS
 neighbor 10.255.$((n + 3)).1 timers connect 1
 neighbor 10.255.$((n + 5)).1 remote-as $EDGE_AS
 neighbor 10.255.$((n + 5)).1 timers connect 1
 address-family ipv4 unicast
  redistribute ospf route-map OSPF
  redistribute connected route-map BETWEEN
  neighbor 10.255.$((n + 3)).1 activate
  neighbor 10.255.$((n + 5)).1 activate
 exit-address-family
exit
CONF
}

ospf_start() {
  local r
  for r in $OSPF_ROUTERS; do
    ospfd_config "$r" >"$DIR/$r/ospfd.conf"
    ospf_bgpd_config "$r" >"$DIR/$r/bgpd.conf"
    start "$r" zebra
    start "$r" ospfd
    bgpd "$r"
  done
  watch_there || return 0
  mkdir -p "$DIR/core"
  watch_config >"$DIR/core/gobgpd.toml"
  core_start
}

# Each tells edge the loopback and the network of the other one.
ospf_settled() {
  local r n
  [ -n "${OSPF:-}" ] || return 0
  for r in $OSPF_ROUTERS; do
    n=$((3 - $(ospf_number "$r")))
    shell edge "show bgp ipv4 unicast json" 2>/dev/null |
      jq -e --arg peer "$(ospf_peer "$r")" --argjson n "$n" '.routes as $routes | ["10.255.0.1\($n)/32", "10.50.\($n).0/24"] |
        all(. as $prefix | $routes[$prefix] // [] | any(.peerId == $peer))' >/dev/null || return 1
  done
  watch_there || return 0
  for r in $OSPF_ROUTERS; do
    n=$(ospf_number "$r")
    gobgp neighbor "10.255.$((n + 5)).2" adj-in -j 2>/dev/null | jq -e --argjson n $((3 - n)) \
      '["10.255.0.1\($n)/32", "10.50.\($n).0/24"] - keys == []' >/dev/null || return 1
  done
}
