-- The station $1 runs no pipeline any more. What died without saying so is forgotten too.
DELETE FROM {schema}.bgp_nodes WHERE node = $1 OR expires_at < clock_timestamp() - interval '1 hour'
