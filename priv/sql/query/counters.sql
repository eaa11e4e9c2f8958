-- A part of statistics.sql and statistics_series.sql: which counters there are values of in `told`. The index leads from each counter to
-- the next, so that what is read grows with how many counters there are, and not with how many values.
(SELECT s.type, s.afi, s.safi
 FROM told s
 ORDER BY s.type, coalesce(s.afi, -1), coalesce(s.safi::integer, -1)
 LIMIT 1)
UNION ALL
SELECT next.*
FROM counters c
CROSS JOIN LATERAL (
  SELECT s.type, s.afi, s.safi
  FROM told s
  WHERE (s.type, coalesce(s.afi, -1), coalesce(s.safi::integer, -1)) > (c.type, coalesce(c.afi, -1), coalesce(c.safi::integer, -1))
  ORDER BY s.type, coalesce(s.afi, -1), coalesce(s.safi::integer, -1)
  LIMIT 1
) next
