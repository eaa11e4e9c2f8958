-- One row a route: (peer, view, AFI, SAFI, NLRI octets, path id). `active = false` is the tombstone of a
-- withdrawn route: it keeps (epoch, sequence), so that an older write cannot bring the route back.
--
-- `attributes` are the path attributes as octets (RFC 4271 section 4.3, sorted, 4-octet AS numbers), every one
-- of them; the columns beside it are what people ask for. `next_hop_octets` likewise, with link-local and RD.
-- `path_id` is -1 where ADD-PATH is not used. `prefix` is null for NLRI that are none; `nlri_text` says those.
-- Communities are null where the route has none.
--
-- No secondary index but the prefix's, and that never changes for a row: an update of a known route is then
-- heap-only, for which the fillfactor leaves room.
CREATE TABLE {schema}.bgp_routing_state (
  epoch                bigint NOT NULL,
  sequence             bigint NOT NULL,
  path_id              bigint NOT NULL DEFAULT -1,
  announced_at         timestamptz,
  changed_at           timestamptz NOT NULL,
  router_time          timestamptz,
  med                  bigint,
  local_pref           bigint,
  view                 {schema}.bgp_rib_view NOT NULL,
  afi                  integer NOT NULL,
  origin               {schema}.bgp_origin,
  safi                 smallint NOT NULL,
  active               boolean NOT NULL,
  synthetic            boolean NOT NULL DEFAULT false,
  change               {schema}.bgp_change NOT NULL,
  router_id            uuid NOT NULL,
  peer_id              uuid NOT NULL,
  nlri                 bytea NOT NULL,
  prefix               cidr,
  nlri_text            text,
  next_hop             inet,
  next_hop_octets      bytea NOT NULL,
  attributes           bytea NOT NULL,
  as_path              bigint[],
  as_path_text         text,
  communities          bigint[],
  large_communities    text[],
  extended_communities text[],
  other_attributes     jsonb
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
-- ;
CREATE UNIQUE INDEX bgp_routing_state_key
  ON {schema}.bgp_routing_state (peer_id, view, afi, safi, nlri, path_id);
-- ;
-- Serves the exact prefix, the longest match (= ANY of the at most 33 or 129 networks an address lies in)
-- and more specifics (a btree range of the network).
CREATE INDEX bgp_routing_state_prefix
  ON {schema}.bgp_routing_state (prefix) WHERE prefix IS NOT NULL;
