-- For headings.
SELECT
  (SELECT count(*) FROM {schema}.bgp_routers) AS routers,
  (SELECT count(*) FROM {schema}.bgp_peers) AS peers,
  (SELECT coalesce(sum(routes), 0)::bigint FROM {schema}.bgp_ribs) AS routes
