-- Whether $2 is the token of the partition $1.
SELECT EXISTS (SELECT FROM {schema}.bgp_partitions WHERE partition = $1 AND token = $2)
