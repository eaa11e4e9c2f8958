-- One row a route that is there: (RIB, NLRI, path id). A withdrawn route has none.
--
-- `nlri_key` is the NLRI as on the wire, without path identifier. One longer than 256 octets, which no index could hold, is
-- there as four octets 0xff and its SHA-256, and itself in `nlri`. `path_id` is -1 where ADD-PATH is not used. `prefix` is
-- null for NLRI that are none; `nlri_text` says those.
--
-- No index on what changes: an update of a known route is then heap-only, for which the fillfactor leaves room.
ALTER TABLE {schema}.bgp_routing_state RENAME TO bgp_routing_state_v1;
-- ;
DROP INDEX {schema}.bgp_routing_state_key, {schema}.bgp_routing_state_prefix;
-- ;
CREATE TABLE {schema}.bgp_routing_state (
  rib_id     bigint NOT NULL,
  path_id    bigint NOT NULL,
  generation bigint NOT NULL,
  sequence   bigint NOT NULL,
  changed_at timestamptz NOT NULL,
  set_id     uuid NOT NULL,
  nlri_key   bytea NOT NULL,
  prefix     cidr,
  nlri_text  text,
  nlri       bytea
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
-- ;
CREATE FUNCTION {schema}.bgp_nlri_key(nlri bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN length(nlri) > 256 OR substring(nlri FOR 4) = '\xffffffff' THEN '\xffffffff'::bytea || sha256(nlri)
              ELSE nlri END
$$;
-- ;
INSERT INTO {schema}.bgp_routing_state
SELECT {schema}.bgp_rib_id(peer_id, view, afi, safi), path_id, epoch, sequence, changed_at,
  {schema}.bgp_set_id(next_hop_octets, attributes), {schema}.bgp_nlri_key(nlri), prefix, nlri_text,
  CASE WHEN nlri <> {schema}.bgp_nlri_key(nlri) THEN nlri END
FROM {schema}.bgp_routing_state_v1
WHERE active;
-- ;
DROP TABLE {schema}.bgp_routing_state_v1;
-- ;
ALTER TABLE {schema}.bgp_routing_state
  ADD CONSTRAINT bgp_routing_state_key PRIMARY KEY (rib_id, nlri_key, path_id);
-- ;
-- Serves the exact prefix, the longest match (= ANY of the at most 33 or 129 networks an address lies in)
-- and more specifics (a btree range of the network).
CREATE INDEX bgp_routing_state_prefix
  ON {schema}.bgp_routing_state (prefix) WHERE prefix IS NOT NULL;
-- ;
-- The NLRI of other families, by their text, of whatever length.
CREATE INDEX bgp_routing_state_nlri_text
  ON {schema}.bgp_routing_state USING hash (nlri_text) WHERE nlri_text IS NOT NULL;
