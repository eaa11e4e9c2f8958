-- The newest value of every counter of peer $1: of each type the index gives the latest 128 values, which are those of all its
-- families, and leads to the next type. So what is read does not grow with how long reports are kept.
WITH RECURSIVE types AS (
  (SELECT s.type FROM {schema}.bgp_stats s WHERE s.peer_id = $1::uuid ORDER BY s.type LIMIT 1)
  UNION ALL
  SELECT (SELECT s.type FROM {schema}.bgp_stats s WHERE s.peer_id = $1::uuid AND s.type > t.type ORDER BY s.type LIMIT 1)
  FROM types t WHERE t.type IS NOT NULL
)
SELECT newest.*
FROM types t
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (l.afi, l.safi) l.type, l.afi, l.safi, l.value, l.time, l.router_time
  FROM (
    SELECT s.* FROM {schema}.bgp_stats s
    WHERE s.peer_id = $1::uuid AND s.type = t.type
    ORDER BY s.time DESC LIMIT 128
  ) l
  ORDER BY l.afi, l.safi, l.time DESC, l.generation DESC, l.sequence DESC
) newest
ORDER BY newest.type, newest.afi, newest.safi
