DROP FUNCTION IF EXISTS {schema}.bgp_maintain(integer, interval, interval, timestamptz);
