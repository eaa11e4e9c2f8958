-- One writer a router at a time, until the transaction ends: two owners of a router (a takeover, a redelivery)
-- then see each other's rows, and what is not in the state table yet cannot appear meanwhile. Ordered, so
-- that two commits of several routers cannot wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('{schema}' || router_id::text, 0))
FROM (SELECT DISTINCT router_id FROM bmp_stage_routers ORDER BY router_id) AS routers
