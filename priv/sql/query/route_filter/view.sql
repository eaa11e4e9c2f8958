-- Routes of a RIB view.
t.rib_id = ANY (ARRAY(SELECT rib_id FROM {schema}.bgp_ribs WHERE view = {1}::text::{schema}.bgp_rib_view))
