# shellcheck shell=bash
# The configurations of the lab's three routers, written by loops. Sourced by lab.sh.
#
#   west (AS 65001) ---- edge (AS 65000) ---- east (AS 4200065002)
#      IPv4 transport      |      IPv6 transport
#                       station
#
# Both neighbours carry IPv4 and IPv6 unicast. The first tenth of each family is announced by both, so that
# some prefixes have a path from each neighbour and each view must keep the two apart. The prefixes that edge's policy
# denies (/29 and /127) are not shared: where no path of a prefix is accepted, FRR's dump at connect names only the
# first neighbour that sent it (see tables.sh).

WEST_AS=65001 EDGE_AS=65000 EAST_AS=4200065002
WEST_PEER=10.255.1.2            # west as edge sees it
EAST_PEER=2001:db8:ffff:2::2    # east as edge sees it
STYLES=24                       # how many different attribute sets a neighbour announces

# prefixes ROUTER FAMILY COUNT: one prefix a line, the same ones every time.
# Lengths change from line to line, and the ends (0, 32, 128) are among them.
prefixes() {
  local router=$1 family=$2 count=$3 shared base i n
  shared=$((count / 10)) base=0
  [ "$router" = east ] && base=4096
  for ((i = 0; i < count; i++)); do
    if ((i < shared && i % 7 != 2)); then n=$i; else n=$((base + i)); fi
    if [ "$family" = 4 ]; then
      case $((i % 7)) in
        0) [ $i = 0 ] && echo 0.0.0.0/0 || echo "10.$((16 + n / 256)).$((n % 256)).1/32" ;;
        1) echo "10.$((16 + n / 256)).$((n % 256)).128/25" ;;
        2) echo "10.$((16 + n / 256)).$((n % 256)).64/29" ;;
        *) echo "10.$((16 + n / 256)).$((n % 256)).0/24" ;;
      esac
    else
      case $((i % 7)) in
        0) [ $i = 0 ] && echo ::/0 || printf '2001:db8:%x::1/128\n' "$n" ;;
        1) printf '2001:db8:%x:8000::/49\n' "$n" ;;
        2) printf '2001:db8:%x:0:ff::/127\n' "$n" ;;
        *) printf '2001:db8:%x::/48\n' "$n" ;;
      esac
    fi
  done
}

# networks ROUTER FAMILY COUNT [no] [SHIFT]: a `network` line for each prefix, styles dealt out in turn.
networks() {
  local i=0 p
  while read -r p; do
    echo "  ${4:+$4 }network $p route-map STYLE-$(((i + ${5:-0}) % STYLES))"
    i=$((i + 1))
  done < <(prefixes "$1" "$2" "$3")
}

# The attribute sets: AS paths of 1 to 5 with 2- and 4-octet numbers and repeats, the three origins, MED from 0
# to the largest, no community to twelve of them, large communities, both, and a route target.
styles() {
  local k path c comms large
  for ((k = 0; k < STYLES; k++)); do
    echo "route-map STYLE-$k permit 10"
    path=
    for ((c = 0; c < k % 5; c++)); do path+=" $((c % 2 ? 4200000000 + k : 64500 + k - k * (c / 2 % 2)))"; done
    [ -n "$path" ] && echo " set as-path prepend$path"
    case $((k % 3)) in
      0) echo " set origin igp" ;;
      1) echo " set origin incomplete" ;;
      2) echo " set origin egp" ;;
    esac
    case $((k % 4)) in
      1) echo " set metric $((k * 100))" ;;
      2) echo " set metric 4294967294" ;;
    esac
    comms=
    case $((k % 6)) in
      1) comms=" 64500:$k" ;;
      2) comms=" 64500:$k 65535:666 no-peer" ;;
      3) for ((c = 0; c < 12; c++)); do comms+=" 64501:$((c * 1000 + k))"; done ;;
    esac
    [ -n "$comms" ] && echo " set community$comms"
    large=
    case $((k % 4)) in
      0) large=" 4200000000:$k:1" ;;
      3) large=" 64500:0:$k 4294967295:4294967295:$k" ;;
    esac
    [ -n "$large" ] && echo " set large-community$large"
    [ $((k % 8)) = 5 ] && echo " set extcommunity rt 64500:$k"
    echo "exit"
  done
}

# neighbour_config ROUTER ROUTES: the neighbours are passive, so that only edge opens connections. Where both sides do and two
# collide, FRR 8.4 may forget the OPENs of the one that lives, and its Peer Up holds empty ones. Hold times are such that no
# session of a busy machine ends by itself.
neighbour_config() {
  local router=$1 v4=$(($2 * 3 / 5)) v6 as id me peer
  v6=$(($2 - v4))
  case $router in
    west) as=$WEST_AS id=10.255.0.1 peer=10.255.1.1 me=1 ;;
    east) as=$EAST_AS id=10.255.0.2 peer=2001:db8:ffff:2::1 me=2 ;;
  esac
  cat <<CONF
frr version 8.4
frr defaults datacenter
hostname $router
$(styles)
router bgp $as
 bgp router-id $id
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 20 60
 neighbor $peer remote-as $EDGE_AS
 neighbor $peer passive
 address-family ipv4 unicast
$(networks "$router" 4 "$v4")
  network 192.0.2.$((me * 16))/29
  network 192.0.2.$((me * 16 + 8))/29 route-map STYLE-3
  aggregate-address 192.0.2.$((me * 16))/28 as-set
  neighbor $peer activate
 exit-address-family
 address-family ipv6 unicast
$(networks "$router" 6 "$v6")
  neighbor $peer activate
 exit-address-family
exit
CONF
}

# edge_config: the monitored router. The inbound policy denies some routes, rewrites MED and origin of others, adds
# communities and prepends, so that pre- and post-policy differ in rows and in attributes. Nothing goes out to the
# neighbours, so that each neighbour's own table is what it announced and nothing else.
edge_config() {
  cat <<CONF
frr version 8.4
frr defaults datacenter
hostname edge
bgp route-map delay-timer 0
bgp community-list standard TWO seq 5 permit 64500:2
bgp community-list standard TWO seq 10 permit 64500:14
bgp large-community-list standard FOUR seq 5 permit 4200000000:4:1
ip prefix-list DENIED seq 5 permit 0.0.0.0/0 ge 29 le 29
ipv6 prefix-list DENIED seq 5 permit ::/0 ge 127 le 127
route-map IN deny 10
 match ip address prefix-list DENIED
exit
route-map IN deny 20
 match ipv6 address prefix-list DENIED
exit
route-map IN permit 30
 match community TWO
 set metric 777
 set community 65000:30 additive
exit
route-map IN permit 40
 match large-community FOUR
 set origin incomplete
 set large-community 65000:0:40 additive
 set as-path prepend 64999 4200000999
exit
route-map IN permit 50
 match origin egp
 set community 65000:50
 set local-preference 250
exit
route-map IN permit 60
exit
route-map NOTHING deny 10
exit
route-map AS-RECEIVED permit 10
exit
route-map LOCAL permit 10
 set metric 5
 set as-path prepend 64998 4200000998
 set community 65000:1
exit
router bgp $EDGE_AS
 bgp router-id 10.255.0.3
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp log-neighbor-changes
 timers bgp 20 60
 neighbor $WEST_PEER remote-as $WEST_AS
 neighbor $WEST_PEER timers connect 1
 neighbor $EAST_PEER remote-as $EAST_AS
 neighbor $EAST_PEER timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/24 route-map LOCAL
  network 203.0.113.0/24
$(edge_family)
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:ffff:100::/56 route-map LOCAL
$(edge_family)
 exit-address-family
exit
CONF
}

edge_family() {
  local n
  for n in $WEST_PEER $EAST_PEER; do
    printf '  neighbor %s %s\n' "$n" activate "$n" 'soft-reconfiguration inbound' "$n" 'route-map IN in' "$n" 'route-map NOTHING out'
  done
}
