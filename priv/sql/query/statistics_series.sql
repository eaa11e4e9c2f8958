-- Counters of peer $1 between $2 and $3: of each the last value in each of $4 equal spans of time, oldest first, at most 20,000 of all.
-- The index leads from each counter to the next, and from a value to the last one of an earlier span; where there is none in the 24 hours
-- before, to those before these, so that few partitions are looked into for each.
WITH RECURSIVE told AS NOT MATERIALIZED (
  SELECT * FROM {schema}.bgp_stats
  WHERE peer_id = $1::uuid AND time >= $2::timestamptz AND time <= $3::timestamptz
), counters AS (
  {query/counters.sql}
), points AS (
  SELECT c.type, c.afi, c.safi, NULL::numeric AS value, NULL::timestamptz AS time, $3::timestamptz + interval '1 microsecond' AS before
  FROM counters c
  UNION ALL
  SELECT p.type, p.afi, p.safi, last.value, last.time,
    coalesce(
      date_bin(greatest(($3::timestamptz - $2::timestamptz) / $4::integer, interval '1 microsecond'), last.time, $2::timestamptz),
      p.before - interval '24 hours')
  FROM points p
  LEFT JOIN LATERAL (
    SELECT s.value, s.time
    FROM told s
    WHERE s.type = p.type AND coalesce(s.afi, -1) = coalesce(p.afi, -1)
      AND coalesce(s.safi::integer, -1) = coalesce(p.safi::integer, -1)
      AND s.time >= p.before - interval '24 hours' AND s.time < p.before
    ORDER BY s.time DESC, s.generation DESC, s.sequence DESC
    LIMIT 1
  ) last ON true
  WHERE p.before > $2::timestamptz
)
SELECT type, afi, safi, value, time
FROM points
WHERE time IS NOT NULL
ORDER BY type, afi, safi, time
LIMIT 20000
