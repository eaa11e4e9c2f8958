-- Changes only, one row each, by the time the collector received them. The end of a peer's routes at once
-- (Peer Down, router gone) is one row of bgp_peer_events, not one here a route. `set_id` is null for withdrawals.
-- `synthetic`: the router did not say so, it is concluded; `after_gap`: it changed while nobody listened, and `time` is when
-- it was found.
--
-- A hypertable where TimescaleDB is; else native partitions by week, made ahead by maintenance, and a default
-- partition that catches what no week has, so that nothing is ever refused.
DO $$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
  week date;
  part_name text;
BEGIN
  ALTER TABLE {schema}.bgp_routing_history RENAME TO bgp_routing_history_v1;
  IF timescale IS NULL THEN
    FOR part_name IN
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = '{schema}.bgp_routing_history_v1'::regclass
    LOOP
      EXECUTE format('ALTER TABLE {schema}.%I RENAME TO %I', part_name, part_name || '_v1');
    END LOOP;
  END IF;
  DROP INDEX {schema}.bgp_routing_history_prefix;

  CREATE TABLE {schema}.bgp_routing_history_shape (
    rib_id      bigint NOT NULL,
    path_id     bigint NOT NULL,
    generation  bigint NOT NULL,
    sequence    bigint NOT NULL,
    time        timestamptz NOT NULL,
    router_time timestamptz,
    change      {schema}.bgp_change NOT NULL,
    synthetic   boolean NOT NULL,
    after_gap   boolean NOT NULL,
    set_id      uuid,
    nlri_key    bytea NOT NULL,
    prefix      cidr,
    nlri_text   text,
    nlri        bytea
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
    FOR week IN
      SELECT DISTINCT date_trunc('week', time AT TIME ZONE 'UTC')::date FROM {schema}.bgp_routing_history_v1
    LOOP
      EXECUTE format('CREATE TABLE {schema}.%I PARTITION OF {schema}.bgp_routing_history FOR VALUES FROM (%L) TO (%L)',
                     'bgp_routing_history_' || to_char(week, 'YYYYMMDD'), week::timestamp AT TIME ZONE 'UTC',
                     (week + 7)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
  END IF;

  INSERT INTO {schema}.bgp_routing_history
  SELECT {schema}.bgp_rib_id(peer_id, view, afi, safi), path_id, epoch, sequence, time, router_time, change, synthetic, false,
    CASE WHEN change <> 'withdraw' THEN {schema}.bgp_set_id(next_hop_octets, attributes) END,
    {schema}.bgp_nlri_key(nlri), prefix, nlri_text, CASE WHEN nlri <> {schema}.bgp_nlri_key(nlri) THEN nlri END
  FROM {schema}.bgp_routing_history_v1;
  DROP TABLE {schema}.bgp_routing_history_v1;
END
$$;
-- ;
CREATE INDEX bgp_routing_history_prefix
  ON {schema}.bgp_routing_history (prefix, time) WHERE prefix IS NOT NULL;
-- ;
-- Rows come in the order of time: a range of it is found by a summary of each 32 pages, which costs next to nothing to write.
CREATE INDEX bgp_routing_history_time
  ON {schema}.bgp_routing_history USING brin (time) WITH (pages_per_range = 32, autosummarize = on);
