-- Every route that was stored of the ended peers (of all the router's peers where none is named) goes, RIB by RIB, in one
-- statement. What they announced again in the same commit is inserted after this.
WITH ended AS (
  SELECT DISTINCT b.rib_id, e.time
  FROM bmp_stage_ends e
  JOIN {schema}.bgp_peers p ON p.router_id = e.router_id AND (e.peer_id IS NULL OR e.peer_id = p.peer_id)
  JOIN {schema}.bgp_ribs b ON b.peer_id = p.peer_id
  WHERE e.kind = 'ended'
), emptied AS (
  UPDATE {schema}.bgp_ribs b SET routes = 0, changed_at = e.time
  FROM (SELECT rib_id, max(time) AS time FROM ended GROUP BY rib_id) AS e
  WHERE b.rib_id = e.rib_id AND b.routes > 0
)
DELETE FROM {schema}.bgp_routing_state t WHERE t.rib_id = ANY (ARRAY(SELECT rib_id FROM ended))
