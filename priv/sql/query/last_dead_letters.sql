-- Of each router of $1 what could not be decoded last, without its octets. The index leads to it, however much came of others since.
SELECT d.time, d.router_id, d.peer_id, d.generation, d.sequence, d.ordinal, d."offset", d.path, d.reason, d.treatment, d.suspect,
       octet_length(d.raw) AS octets, r.sys_name, r.address AS router_address, p.address AS peer_address
FROM unnest($1::uuid[]) AS asked (router_id)
CROSS JOIN LATERAL (
  SELECT l.* FROM {schema}.bgp_dead_letters l
  WHERE l.router_id = asked.router_id
  ORDER BY l.time DESC, l.generation DESC, l.sequence DESC, l.ordinal DESC
  LIMIT 1
) d
LEFT JOIN {schema}.bgp_routers r ON r.router_id = d.router_id
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = d.peer_id
