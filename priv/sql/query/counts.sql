-- For headings.
SELECT
  (SELECT count(*) FROM {schema}.bgp_routers) AS routers,
  (SELECT count(*) FROM {schema}.bgp_peers) AS peers,
  (SELECT count(*) FROM {schema}.bgp_routing_state WHERE active) AS routes
