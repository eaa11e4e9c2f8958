-- Besides what it did (now bgp_maintain_times): sessions that ended long ago go, and TimescaleDB compresses history and
-- statistics that are older than `compress_after`.
ALTER PROCEDURE {schema}.bgp_maintain(interval, interval, interval, interval, timestamptz) RENAME TO bgp_maintain_times;
-- ;
-- One RIB's changes lie together, in the order in which they are read. The edition of TimescaleDB under the Apache licence
-- does not compress.
DO $$
BEGIN
  IF current_setting('timescaledb.license', true) = 'timescale'
     AND EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    ALTER TABLE {schema}.bgp_routing_history SET (timescaledb.compress, timescaledb.compress_segmentby = 'rib_id',
      timescaledb.compress_orderby = 'time DESC, generation DESC, sequence DESC');
    ALTER TABLE {schema}.bgp_stats SET (timescaledb.compress, timescaledb.compress_segmentby = 'peer_id',
      timescaledb.compress_orderby = 'time DESC, type');
  END IF;
END
$$;
-- ;
CREATE PROCEDURE {schema}.bgp_maintain(
  keep_history interval DEFAULT '5 years', keep_statistics interval DEFAULT '90 days',
  keep_events interval DEFAULT '5 years', keep_dead_letters interval DEFAULT '90 days',
  compress_after interval DEFAULT '7 days', at timestamptz DEFAULT now()
) LANGUAGE plpgsql AS $maintain$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
  parent  text;
  chunk   regclass;
  touched bigint;
BEGIN
  CALL {schema}.bgp_maintain_times(keep_history, keep_statistics, keep_events, keep_dead_letters, at);

  -- What a station starts with is the latest sessions of each router, whatever their age.
  LOOP
    DELETE FROM {schema}.bgp_sessions WHERE session_id = ANY (ARRAY(
      SELECT s.session_id FROM {schema}.bgp_sessions s JOIN {schema}.bgp_routers r USING (router_id)
      WHERE s.state IN ('ended', 'superseded') AND s.heard_at < at - keep_events AND s.generation < r.generation
      LIMIT 10000));
    GET DIAGNOSTICS touched = ROW_COUNT;
    COMMIT;
    EXIT WHEN touched = 0;
  END LOOP;

  IF timescale IS NULL OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
    RETURN;
  END IF;
  FOREACH parent IN ARRAY ARRAY['bgp_routing_history', 'bgp_stats'] LOOP
    FOR chunk IN
      SELECT format('%I.%I', c.chunk_schema, c.chunk_name)::regclass FROM timescaledb_information.chunks c
      WHERE format('%I.%I', c.hypertable_schema, c.hypertable_name)::regclass = ('{schema}.' || parent)::regclass
        AND NOT c.is_compressed AND c.range_end <= at - compress_after
      ORDER BY c.range_end
    LOOP
      PERFORM set_config('lock_timeout', '2s', true);
      BEGIN
        EXECUTE format('SELECT %I.compress_chunk(%L::regclass)', timescale, chunk);
      EXCEPTION WHEN lock_not_available THEN
        RAISE NOTICE 'the chunk % is compressed another time: it is in use', chunk;
      END;
      COMMIT;
    END LOOP;
  END LOOP;
END
$maintain$;
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 4';
