-- Routes to page through in the order of their key.
{schema}.bgp_routing_state
