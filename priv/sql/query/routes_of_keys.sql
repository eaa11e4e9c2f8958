-- Routes by their keys, of which $5 to $7 are the columns: each is looked for by itself, in the index.
(SELECT r.*
 FROM unnest($5::bigint[], $6::bytea[], $7::bigint[]) AS k (rib_id, nlri_key, path_id)
 CROSS JOIN LATERAL (
   SELECT * FROM {schema}.bgp_routing_state g
   WHERE g.rib_id = k.rib_id AND g.nlri_key = k.nlri_key AND g.path_id = k.path_id
   OFFSET 0) AS r)
