COPY {schema}.bgp_stats (time, router_id, peer_id, generation, sequence, type, afi, safi, value, router_time)
FROM STDIN (FORMAT binary)
