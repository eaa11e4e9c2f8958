-- Changes only, one row each, by the time the collector received them. The end of a peer's routes at once
-- (Peer Down, router gone) is one row of bgp_peer_events, not one here a route.
--
-- A hypertable where TimescaleDB is; else native partitions by day, made ahead by bgp_maintain(), and a
-- default partition that catches what no day has, so that nothing is ever refused.
DO $$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
BEGIN
  CREATE TABLE {schema}.bgp_routing_history_shape (
    time                 timestamptz NOT NULL,
    epoch                bigint NOT NULL,
    sequence             bigint NOT NULL,
    path_id              bigint NOT NULL,
    router_time          timestamptz,
    med                  bigint,
    local_pref           bigint,
    view                 {schema}.bgp_rib_view NOT NULL,
    afi                  integer NOT NULL,
    origin               {schema}.bgp_origin,
    safi                 smallint NOT NULL,
    synthetic            boolean NOT NULL,
    change               {schema}.bgp_change NOT NULL,
    router_id            uuid NOT NULL,
    peer_id              uuid NOT NULL,
    nlri                 bytea NOT NULL,
    prefix               cidr,
    nlri_text            text,
    next_hop             inet,
    next_hop_octets      bytea NOT NULL,
    attributes           bytea NOT NULL,
    as_path              bigint[],
    communities          bigint[]
  );
  IF timescale IS NOT NULL THEN
    ALTER TABLE {schema}.bgp_routing_history_shape RENAME TO bgp_routing_history;
    EXECUTE format('SELECT %I.create_hypertable(%L::regclass, %L::name, chunk_time_interval => interval ''1 day'')',
                   timescale, '{schema}.bgp_routing_history', 'time');
  ELSE
    CREATE TABLE {schema}.bgp_routing_history
      (LIKE {schema}.bgp_routing_history_shape INCLUDING ALL) PARTITION BY RANGE (time);
    CREATE TABLE {schema}.bgp_routing_history_default
      PARTITION OF {schema}.bgp_routing_history DEFAULT;
    DROP TABLE {schema}.bgp_routing_history_shape;
  END IF;
END
$$;
-- ;
CREATE INDEX bgp_routing_history_prefix
  ON {schema}.bgp_routing_history (prefix, time DESC) WHERE prefix IS NOT NULL;
