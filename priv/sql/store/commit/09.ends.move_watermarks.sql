-- Moves the peers' watermarks to where their routes last ended.
UPDATE {schema}.bgp_peers t SET ended_generation = e.generation, ended_sequence = e.sequence, updated_at = now()
FROM (
  SELECT DISTINCT ON (p.peer_id) p.peer_id, e.generation, e.sequence
  FROM bmp_stage_ends e
  JOIN {schema}.bgp_peers p ON p.router_id = e.router_id AND (e.peer_id IS NULL OR e.peer_id = p.peer_id)
  WHERE e.kind = 'ended'
  ORDER BY p.peer_id, e.generation DESC, e.sequence DESC
) AS e
WHERE t.peer_id = e.peer_id AND (e.generation, e.sequence) > (t.ended_generation, t.ended_sequence)
