-- In one order, so that two commits with the same sets do not wait for each other. One that maintenance took for unused is
-- used again.
INSERT INTO {schema}.bgp_attribute_sets AS t
  (set_id, next_hop, origin, as_path, origin_as, as_path_text, med, local_pref, communities, large_communities,
   extended_communities, other_attributes, next_hop_octets, attributes)
SELECT set_id, next_hop, origin::{schema}.bgp_origin, as_path, origin_as, as_path_text, med, local_pref, communities,
  large_communities, extended_communities, other_attributes, next_hop_octets, attributes
FROM bmp_stage_attribute_sets
ORDER BY set_id
ON CONFLICT (set_id) DO UPDATE SET unused_since = NULL WHERE t.unused_since IS NOT NULL
