-- Path attributes and next hop, each set once, however many routes and changes have it. `set_id` is the first half of
-- SHA-256 over the length of the next hop (an octet), the next hop, the attributes.
--
-- `attributes` are the path attributes as octets (RFC 4271 section 4.3, sorted, 4-octet AS numbers), every one of them;
-- `next_hop_octets` likewise, with link-local address and route distinguisher. The other columns are what people ask for.
-- `as_path` has every AS number in order; `origin_as` is the last of them. Communities are null where there are none.
--
-- `unused_since` is when maintenance first saw that no route has the set. It goes when the history of that time goes.
CREATE TABLE {schema}.bgp_attribute_sets (
  set_id               uuid PRIMARY KEY,
  next_hop             inet,
  origin               {schema}.bgp_origin,
  as_path              bigint[],
  origin_as            bigint,
  as_path_text         text,
  med                  bigint,
  local_pref           bigint,
  communities          bigint[],
  large_communities    text[],
  extended_communities text[],
  other_attributes     jsonb,
  next_hop_octets      bytea NOT NULL,
  attributes           bytea NOT NULL,
  unused_since         timestamptz
);
-- ;
CREATE FUNCTION {schema}.bgp_set_id(next_hop_octets bytea, attributes bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(substring(sha256(set_byte('\x00', 0, length(next_hop_octets)) || next_hop_octets || attributes) FOR 16),
                'hex')::uuid
$$;
-- ;
INSERT INTO {schema}.bgp_attribute_sets
SELECT DISTINCT ON (set_id) set_id, next_hop, origin, as_path, as_path[array_upper(as_path, 1)], as_path_text, med, local_pref,
  communities, large_communities, extended_communities, other_attributes, next_hop_octets, attributes, NULL
FROM (
  SELECT {schema}.bgp_set_id(next_hop_octets, attributes) AS set_id, 1 AS rank, next_hop, origin, as_path, as_path_text, med,
    local_pref, communities, large_communities, extended_communities, other_attributes, next_hop_octets, attributes
  FROM {schema}.bgp_routing_state WHERE active
  UNION ALL
  -- History of version 1 kept the octets, and of the rest what it asked for itself.
  SELECT {schema}.bgp_set_id(next_hop_octets, attributes), 2, next_hop, origin, as_path, array_to_string(as_path, ' '), med,
    local_pref, communities, NULL, NULL, NULL, next_hop_octets, attributes
  FROM {schema}.bgp_routing_history WHERE change <> 'withdraw'
) AS sets
ORDER BY set_id, rank;
-- ;
-- Which sets an AS or a community is in. A set never changes, so these indexes are written once a set, not once a route.
CREATE INDEX bgp_attribute_sets_as_path ON {schema}.bgp_attribute_sets USING gin (as_path);
-- ;
CREATE INDEX bgp_attribute_sets_communities ON {schema}.bgp_attribute_sets USING gin (communities)
  WHERE communities IS NOT NULL;
-- ;
CREATE INDEX bgp_attribute_sets_large_communities ON {schema}.bgp_attribute_sets USING gin (large_communities)
  WHERE large_communities IS NOT NULL;
-- ;
CREATE INDEX bgp_attribute_sets_extended_communities ON {schema}.bgp_attribute_sets USING gin (extended_communities)
  WHERE extended_communities IS NOT NULL;
-- ;
CREATE INDEX bgp_attribute_sets_origin_as ON {schema}.bgp_attribute_sets (origin_as);
