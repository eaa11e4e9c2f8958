-- Every partition that ever had an owner: who, and for how many milliseconds the lease has been over (below 0: it is not).
SELECT partition, owner, extract(epoch FROM clock_timestamp() - expires_at)::float8 * 1000 AS over_for
FROM {schema}.bgp_partitions
