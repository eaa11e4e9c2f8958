SELECT state FROM {schema}.bgp_insight WHERE station = $1;
