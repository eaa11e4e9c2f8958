# shellcheck shell=bash
# edge's own routing tables in a form that can be compared with a station's. Sourced by lab.sh.
#
# `routes`: one JSON object a route, in the router's own words
#
#   {"view":"adj_rib_in_pre"|"adj_rib_in_post", "peer":"10.255.1.2", "afi":1|2, "safi":1, "prefix":"10.16.3.0/24",
#    "next_hop":"10.255.1.2", "next_hop_link_local":"fe80::…"|null|"unknown", "as_path":[65001,64503],
#    "as_path_text":"65001 64503", "origin":"igp"|"egp"|"incomplete", "med":100|null, "communities":["64500:1"],
#    "large_communities":["64500:0:3"]}
#
# Communities are sorted as text and well-known ones are numbers. An AS_SET is flat in as_path, braced in as_path_text.
#
# Post-policy is `show bgp … json detail` on edge: each path carries its peer (peerId) and everything else. Routes that
# edge originates are in it with peer 0.0.0.0 (:: for IPv6, written 0.0.0.0 here as BMP does).
#
# Pre-policy is `show bgp … neighbors X received-routes`, which in FRR 8.4
#   * applies the inbound route-map to what it shows, unless a route-map is named: AS-RECEIVED permits everything;
#   * shows no communities. Those are taken from the neighbour's own `show bgp … json detail`; that neighbour has no
#     outbound policy and learns nothing from edge, so its table is what it sent;
#   * shows only the global one of two IPv6 next hops: next_hop_link_local is taken from the post-policy path of the
#     same peer and prefix, and is "unknown" where the policy denied the route.
#
# `expected`: the same rows as FRR 8.4's BMP tells them. Three faults, each seen by comparing its bytes with its tables,
# and nothing else differs:
#   1 Every AS path of an eBGP peer starts with the router's own AS, pre- and post-policy, as if the route were being
#     advertised. `expected` puts it in front.
#   2 A route that edge originates has 2-octet AS numbers under an A flag that says 4 (and an AS4_PATH beside them), and
#     no Peer Up precedes it. Where its AS path is not empty the row is marked "fault":"local_as_path": the path cannot
#     be compared, and a station that treats the malformed attribute as a withdraw has no such row.
#   3 A prefix without any accepted path is in the pre-policy dump at connect, but afterwards FRR sends a withdraw when it
#     is announced and nothing when it is withdrawn. Such rows are marked "fault":"denied": exact after a connect; after
#     later changes they may be missing, or be left over when the router has none. The policy denies /29 of IPv4 and
#     /127 of IPv6 and nothing else, so left-overs are known by their length.
# And one of timing, which needs no allowance: after a neighbour comes up, FRR sends withdraws post-policy for routes
# whose next hop is not resolved yet, and does not correct them when it is. `lab.sh refresh`, the operator's
# `clear bgp * soft in`, makes it tell everything again; a new BMP session does too.

# Names that FRR prints for well-known communities.
WELL_KNOWN='{"internet":"0:0","gracefulShutdown":"65535:0","acceptOwn":"65535:1","routeFilterTranslatedV4":"65535:2",
  "routeFilterV4":"65535:3","routeFilterTranslatedV6":"65535:4","routeFilterV6":"65535:5","llgrStale":"65535:6",
  "noLlgr":"65535:7","acceptOwnNexthop":"65535:8","blackhole":"65535:666","noExport":"65535:65281",
  "noAdvertise":"65535:65282","localAs":"65535:65283","noPeer":"65535:65284"}'

FORM='
  def communities: [(.community.list // [])[] | $well_known[.] // .] | sort;
  def large: (.largeCommunity.list // []) | sort;
  def path: if . == "Local" then "" else . end;
  def flat: [scan("[0-9]+") | tonumber];'

tables() {
  local f r
  for f in ipv4 ipv6; do
    shell edge "show bgp $f unicast json detail" >"$DIR/edge/$f.json"
    post $f
    for r in west east; do
      tables_of $r $f true
      if jq -e '.receivedRoutes // {} | length > 0' >/dev/null <"$DIR/edge/$f-$r.json"; then pre $f $r; fi
    done
  done
}

# What edge received from a neighbour, and what the neighbour (if UP) has.
tables_of() {
  local router=$1 f=$2 up=$3
  shell edge "show bgp $f unicast neighbors $(neighbour "$router") received-routes route-map AS-RECEIVED json" >"$DIR/edge/$f-$router.json"
  if [ "$up" = false ] || [ ! -s "$DIR/$router/bgpd.pid" ]; then echo '{}'; else shell "$router" "show bgp $f unicast json detail"; fi >"$DIR/$router/$f.json"
}

same() {
  local f=$1 router=$2 up=$3 status=0
  jq -en --slurpfile got "$DIR/edge/$f-$router.json" --slurpfile has "$DIR/$router/$f.json" --arg asn "$(asn "$router")" --argjson up "$up" '
    def word: {"i": "igp", "e": "egp", "?": "incomplete"}[.];
    [$got[0].receivedRoutes // {} | to_entries[] | [.key, .value.path, .value.metric, (.value.bgpOriginCode | word)]] as $got |
    [$has[0].routes // {} | to_entries[] | .key as $p | .value[] | select(.bestpath.overall) |
      [$p, (if .aspath.string == "Local" then $asn else "\($asn) \(.aspath.string)" end), .metric, (.origin | ascii_downcase)]] as $has |
    ($got | sort) == ($has | sort) and ($up == false or ($got | length) > 0)' >/dev/null || status=$?
  ((status <= 1)) || die "jq failed"
  return $status
}

afi() { if [ "$1" = ipv4 ]; then echo 1; else echo 2; fi; }

post() {
  jq -c --argjson afi "$(afi "$1")" --argjson well_known "$WELL_KNOWN" "$FORM"'
    .routes // {} | to_entries[] | .key as $prefix | .value[] | select(.peer and .valid) |
    (.aspath.string | path) as $path |
    {view: "adj_rib_in_post", peer: (if .peer.peerId == "::" then "0.0.0.0" else .peer.peerId end), afi: $afi, safi: 1,
     prefix: $prefix,
     next_hop: ([.nexthops[] | select(.scope != "link-local")][0].ip),
     next_hop_link_local: ([.nexthops[] | select(.scope == "link-local")][0].ip),
     as_path: ($path | flat), as_path_text: $path, origin: (.origin | ascii_downcase), med: .metric,
     communities: communities, large_communities: large}' "$DIR/edge/$1.json"
}

pre() {
  local f=$1 router=$2
  jq -cn --argjson afi "$(afi "$f")" --arg peer "$(neighbour "$router")" --slurpfile got "$DIR/edge/$f-$router.json" \
    --slurpfile sent "$DIR/$router/$f.json" --slurpfile post "$DIR/edge/$f.json" --argjson well_known "$WELL_KNOWN" "$FORM"'
    {"i": "igp", "e": "egp", "?": "incomplete"} as $origins |
    $got[0].receivedRoutes | to_entries[] | .key as $prefix | .value |
    ($sent[0].routes[$prefix] // error("the neighbour does not have \($prefix): not settled") |
      [.[] | select(.bestpath.overall)][0]) as $source |
    ([($post[0].routes[$prefix] // [])[] | select(.peer.peerId == $peer)][0]) as $accepted |
    {view: "adj_rib_in_pre", peer: $peer, afi: $afi, safi: 1, prefix: $prefix,
     next_hop: (.nextHop // .nextHopGlobal),
     next_hop_link_local: (if $accepted then [$accepted.nexthops[] | select(.scope == "link-local")][0].ip else "unknown" end),
     as_path: (.path | flat), as_path_text: .path, origin: $origins[.bgpOriginCode], med: .metric,
     communities: ($source | communities), large_communities: ($source | large)}'
}

expected() {
  tables | jq -c --argjson own "$EDGE_AS" '
    (if .peer == "0.0.0.0" then . else .as_path |= [$own] + . | .as_path_text |= "\($own) \(.)" end) |
    (if .afi == 1 then "/29" else "/127" end) as $denied |
    .fault = (if .peer == "0.0.0.0" and .as_path != [] then "local_as_path"
      elif .view == "adj_rib_in_pre" and (.prefix | endswith($denied)) then "denied"
      else null end)'
}

# One JSON object a neighbour: is it up, and who is it?
peers() {
  shell edge "show bgp neighbors json" | jq -c 'to_entries[] | select(.value.bgpState) |
    {peer: .key, asn: .value.remoteAs, bgp_id: .value.remoteRouterId, up: (.value.bgpState == "Established"), state: .value.bgpState}'
}
