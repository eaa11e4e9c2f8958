-- Every route of the ended peers (of all the router's peers where none is named) that is older than the end
-- goes, in one statement. Deleted, not marked: a full table takes about a second so, and several otherwise. The
-- watermark that move_watermarks moves is the tombstone of them all.
DELETE FROM {schema}.bgp_routing_state t
USING (
  SELECT DISTINCT ON (p.peer_id) p.peer_id, e.generation, e.sequence
  FROM bmp_stage_ends e
  JOIN {schema}.bgp_peers p ON p.router_id = e.router_id AND (e.peer_id IS NULL OR e.peer_id = p.peer_id)
  WHERE e.kind = 'ended'
  ORDER BY p.peer_id, e.generation DESC, e.sequence DESC
) AS e
WHERE t.peer_id = e.peer_id AND (t.generation, t.sequence) < (e.generation, e.sequence)
