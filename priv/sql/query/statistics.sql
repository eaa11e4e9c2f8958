-- The newest value of every counter of peer $1: the index leads from each counter to the next, and to its newest. So what is read does not
-- grow with how long reports are kept.
WITH RECURSIVE told AS NOT MATERIALIZED (
  SELECT * FROM {schema}.bgp_stats WHERE peer_id = $1::uuid
), counters AS (
  {query/counters.sql}
)
SELECT newest.*
FROM counters c
CROSS JOIN LATERAL (
  SELECT s.type, s.afi, s.safi, s.value, s.time, s.router_time
  FROM told s
  WHERE s.type = c.type AND coalesce(s.afi, -1) = coalesce(c.afi, -1)
    AND coalesce(s.safi::integer, -1) = coalesce(c.safi::integer, -1)
  ORDER BY s.time DESC, s.generation DESC, s.sequence DESC
  LIMIT 1
) newest
ORDER BY newest.type, newest.afi, newest.safi
