-- Counters of peer $1 between $2 and $3: of each the last value in each of $4 equal spans of time, oldest first, at most 20,000 of all.
SELECT DISTINCT ON (type, afi, safi, span) type, afi, safi, value, time
FROM (
  SELECT s.*, width_bucket(extract(epoch FROM s.time), extract(epoch FROM $2::timestamptz), extract(epoch FROM $3::timestamptz),
                           $4::integer) AS span
  FROM {schema}.bgp_stats s
  WHERE s.peer_id = $1::uuid AND s.time >= $2::timestamptz AND s.time <= $3::timestamptz
) AS spans
ORDER BY type, afi, safi, span, time DESC, generation DESC, sequence DESC
LIMIT 20000
