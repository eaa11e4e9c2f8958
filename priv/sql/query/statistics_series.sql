-- Counter $2 of peer $1 between $3 and $4, oldest first.
SELECT time, afi, safi, value
FROM {schema}.bgp_stats
WHERE peer_id = $1::uuid AND type = $2::integer AND time >= $3::timestamptz AND time <= $4::timestamptz
ORDER BY afi, safi, time, generation, sequence
