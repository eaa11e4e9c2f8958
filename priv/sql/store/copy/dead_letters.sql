COPY {schema}.bgp_dead_letters
  (time, router_id, peer_id, generation, sequence, ordinal, "offset", path, reason, treatment, suspect, raw)
FROM STDIN (FORMAT binary)
