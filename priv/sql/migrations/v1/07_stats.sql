-- Statistics Reports (RFC 7854 section 4.8), one row a counter. numeric, because a counter of the protocol is
-- 64 bits without a sign. AFI and SAFI are 0 where the counter is not one of an address family.
DO $$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
BEGIN
  CREATE TABLE {schema}.bgp_stats_shape (
    time        timestamptz NOT NULL,
    router_id   uuid NOT NULL,
    peer_id     uuid NOT NULL,
    epoch       bigint NOT NULL,
    sequence    bigint NOT NULL,
    type        integer NOT NULL,
    afi         integer NOT NULL DEFAULT 0,
    safi        smallint NOT NULL DEFAULT 0,
    value       numeric(20, 0) NOT NULL,
    router_time timestamptz
  );
  IF timescale IS NOT NULL THEN
    ALTER TABLE {schema}.bgp_stats_shape RENAME TO bgp_stats;
    EXECUTE format('SELECT %I.create_hypertable(%L::regclass, %L::name, chunk_time_interval => interval ''1 day'')',
                   timescale, '{schema}.bgp_stats', 'time');
  ELSE
    CREATE TABLE {schema}.bgp_stats
      (LIKE {schema}.bgp_stats_shape INCLUDING ALL) PARTITION BY RANGE (time);
    CREATE TABLE {schema}.bgp_stats_default PARTITION OF {schema}.bgp_stats DEFAULT;
    DROP TABLE {schema}.bgp_stats_shape;
  END IF;
END
$$;
-- ;
CREATE UNIQUE INDEX bgp_stats_key
  ON {schema}.bgp_stats (peer_id, type, time DESC, epoch, sequence, afi, safi);
