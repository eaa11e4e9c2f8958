-- Heap-only updates: no indexed column is touched.
UPDATE {schema}.bgp_routing_state t SET
  generation = s.generation, sequence = s.sequence, changed_at = s.changed_at, set_id = s.set_id,
  labels = s.labels, vnis = s.vnis
FROM bmp_stage_routes s
WHERE t.rib_id = s.rib_id AND t.nlri_key = s.nlri_key AND t.path_id = s.path_id
  AND (s.generation, s.sequence) >= (t.generation, t.sequence)
