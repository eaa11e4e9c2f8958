-- A counter is one of a type and, where it has one, of an address family. Its values follow one another in the index, so that a plot of
-- however long a time reads those that it shows, and each counter leads to the next. -1: of no family.
DROP INDEX {schema}.bgp_stats_key;
-- ;
CREATE INDEX bgp_stats_key
  ON {schema}.bgp_stats (peer_id, type, (coalesce(afi, -1)), (coalesce(safi::integer, -1)), time DESC, generation DESC,
    sequence DESC);
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 8';
