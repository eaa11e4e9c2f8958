-- A page of peers or routers in the order of a column is read from an index, and not all of them for each page. Who has no
-- address comes before all addresses.
DROP INDEX {schema}.bgp_peers_router_id;
-- ;
CREATE INDEX bgp_peers_router_id ON {schema}.bgp_peers (router_id, peer_type, address, peer_id);
-- ;
DROP INDEX {schema}.bgp_peers_address;
-- ;
CREATE INDEX bgp_peers_address ON {schema}.bgp_peers (address, peer_type, peer_id);
-- ;
CREATE INDEX bgp_peers_asn ON {schema}.bgp_peers (asn, peer_id);
-- ;
-- What is wrong comes first.
CREATE INDEX bgp_peers_state
  ON {schema}.bgp_peers ((CASE state WHEN 'down' THEN 0 WHEN 'stale' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END), peer_id);
-- ;
CREATE INDEX bgp_peers_state_since ON {schema}.bgp_peers (state_since, peer_id);
-- ;
CREATE INDEX bgp_routers_name
  ON {schema}.bgp_routers ((coalesce(nullif(sys_name, ''), host(address), '') COLLATE "C"), router_id);
-- ;
CREATE INDEX bgp_routers_state
  ON {schema}.bgp_routers ((state = 'connected'), (coalesce(nullif(sys_name, ''), host(address), '') COLLATE "C"), router_id);
-- ;
CREATE INDEX bgp_routers_address ON {schema}.bgp_routers ((coalesce(address, '0.0.0.0/0')), router_id);
-- ;
CREATE INDEX bgp_routers_session_started_at ON {schema}.bgp_routers (session_started_at, router_id);
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 7';
