-- Routes of a RIB view.
t.view = {1}::text::{schema}.bgp_rib_view
