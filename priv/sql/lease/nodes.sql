-- The stations that run a pipeline, in an order that is the same for all of them.
SELECT node FROM {schema}.bgp_nodes WHERE expires_at > clock_timestamp() AND 'pipeline' = ANY (roles) ORDER BY node
