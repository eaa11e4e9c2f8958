-- Once each, however often its batch is delivered.
INSERT INTO {schema}.bgp_dead_letters
  (time, router_id, peer_id, generation, sequence, ordinal, "offset", path, reason, treatment, suspect, raw)
SELECT time, router_id, peer_id, generation, sequence, ordinal, "offset", path, reason, treatment, suspect, raw
FROM bmp_stage_dead_letters
ON CONFLICT DO NOTHING
