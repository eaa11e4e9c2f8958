DELETE FROM {schema}.bgp_routing_state t
USING bmp_stage_routes_gone s
WHERE t.rib_id = s.rib_id AND t.nlri_key = s.nlri_key AND t.path_id = s.path_id
