-- A session ended: what its peers have is not known any more. Their routes stay as last seen.
UPDATE {schema}.bgp_peers t SET
  state = 'stale', state_since = e.time, generation = e.generation, sequence = e.sequence, updated_at = now()
FROM (
  SELECT DISTINCT ON (router_id, peer_id) * FROM bmp_stage_ends
  WHERE kind = 'stale' ORDER BY router_id, peer_id, generation DESC, sequence DESC
) AS e
WHERE t.router_id = e.router_id AND (e.peer_id IS NULL OR e.peer_id = t.peer_id)
  AND t.state IN ('up', 'unknown')
  AND (e.generation, e.sequence) > (t.generation, t.sequence)
