-- AFI and SAFI are null where the counter is not one of an address family; 0 is none.
DROP INDEX {schema}.bgp_stats_key;
-- ;
ALTER TABLE {schema}.bgp_stats
  ALTER COLUMN afi DROP NOT NULL, ALTER COLUMN afi DROP DEFAULT,
  ALTER COLUMN safi DROP NOT NULL, ALTER COLUMN safi DROP DEFAULT;
-- ;
UPDATE {schema}.bgp_stats SET afi = NULL, safi = NULL WHERE afi = 0 AND safi = 0;
-- ;
CREATE INDEX bgp_stats_key ON {schema}.bgp_stats (peer_id, type, time DESC);
