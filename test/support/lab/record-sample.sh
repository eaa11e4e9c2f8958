#!/bin/bash
# Records priv/sample/frr-pair.bmp.gz again: what one FRR says over BMP while its neighbours announce, withdraw, change,
# flap and crash. Needs root and what lab.sh needs, and socat; where tshark is installed it also counts and checks.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../../../priv/sample" && pwd)
lab() { "$here/lab.sh" "$@"; }
command -v socat >/dev/null || { echo "record-sample: needs socat" >&2; exit 1; }

dir=$(mktemp -d)
sink=
trap '[ ! -e "$dir/lab/facts" ] || lab down "$dir/lab"; [ -z "$sink" ] || kill "$sink" 2>/dev/null || true; rm -rf "$dir"' EXIT
lab up "$dir/lab" 400
# shellcheck disable=SC1091
. "$dir/lab/facts"

raw=$dir/frr-pair.bmp
socat -u "TCP-LISTEN:11019,bind=$STATION,reuseaddr" "CREATE:$raw" </dev/null &
sink=$!
sleep 0.3
settled() { lab settle "$dir/lab"; sleep 1; }

STATS_MS=4000 lab bmp "$dir/lab" 11019
settled
lab withdraw "$dir/lab" west 20
settled
lab change "$dir/lab" west 30
settled
lab shutdown "$dir/lab" east # Peer Down, reason 2
settled
lab no-shutdown "$dir/lab" east
settled
lab kill "$dir/lab" west # Peer Down, reason 4
settled
lab restart "$dir/lab" west
settled
lab leave "$dir/lab" east # Peer Down, reason 3 with the NOTIFICATION
settled
lab return "$dir/lab" east
settled
lab refresh "$dir/lab"
settled
sleep 4 # one more round of statistics
lab expected "$dir/lab" >"$dir/routes"
lab no-bmp "$dir/lab"
wait "$sink"
sink=

# check: put into TCP segments, does tshark find nothing but well-formed BMP, to the last byte? It (4.0) calls each
# Statistics Report malformed that has a type it does not know, and FRR's have one (65531): those and no others may be.
check() {
  split -b 1400 --filter='od -Ax -tx1 -v' "$raw" | text2pcap -q -T 40000,11019 - "$dir/pcap" 2>/dev/null
  tshark -r "$dir/pcap" -o tcp.desegment_tcp_streams:TRUE -d tcp.port==11019,bmp -T fields -e bmp.type -e bmp.length -e _ws.malformed \
    2>/dev/null >"$dir/fields"
  awk -F'\t' -v size="$(stat -c %s "$raw")" '
    BEGIN { split("route_monitoring statistics_report peer_down peer_up initiation termination route_mirroring", name, " ") }
    { n = split($1, type, ","); split($2, len, ","); malformed += gsub(/Malformed Packet/, "", $3)
      for (i = 1; i <= n; i++) { count[type[i]]++; bytes += len[i] } }
    END { for (t = 0; t < 7; t++) printf "%-18s %d\n", name[t + 1], count[t]
      malformed -= count[1]
      printf "%d bytes, %d of them in messages, %d malformed\n", size, bytes, malformed
      exit malformed != 0 || bytes != size }' "$dir/fields"
}
if command -v tshark >/dev/null && command -v text2pcap >/dev/null; then check; else echo "tshark not found: not checked"; fi

gzip -9nc "$raw" >"$out/frr-pair.bmp.gz"
gzip -9nc "$dir/routes" >"$out/frr-pair.routes.json.gz"
ls -l "$out"/*.gz
