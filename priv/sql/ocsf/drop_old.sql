DELETE FROM {schema}.bgp_ocsf_events WHERE time < now() - make_interval(days => $1);
