-- Staged routes where the plain way did not do: one that should be there is not, or the other way round.
INSERT INTO {schema}.bgp_routing_state AS t
  (rib_id, path_id, nlri_key, generation, sequence, changed_at, set_id, prefix, rd, labels, vnis, nlri_text, nlri)
SELECT rib_id, path_id, nlri_key, generation, sequence, changed_at, set_id, prefix, rd, labels, vnis, nlri_text, nlri
FROM bmp_stage_routes
ON CONFLICT (rib_id, nlri_key, path_id) DO UPDATE SET
  generation = excluded.generation, sequence = excluded.sequence, changed_at = excluded.changed_at, set_id = excluded.set_id,
  labels = excluded.labels, vnis = excluded.vnis
WHERE (excluded.generation, excluded.sequence) > (t.generation, t.sequence)
