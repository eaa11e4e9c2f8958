-- The newest value of every counter of peer $1.
SELECT DISTINCT ON (type, afi, safi) type, afi, safi, value, time, router_time
FROM {schema}.bgp_stats
WHERE peer_id = $1::uuid
ORDER BY type, afi, safi, time DESC, generation DESC, sequence DESC
