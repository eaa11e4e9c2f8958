-- As before, and TimescaleDB's chunks go one by one, each in a transaction of its own that waits two seconds for its lock:
-- somebody who reads an old chunk for long held up maintenance, and behind it everybody else.
CREATE OR REPLACE PROCEDURE {schema}.bgp_maintain_times(
  keep_history interval DEFAULT '5 years', keep_statistics interval DEFAULT '90 days',
  keep_events interval DEFAULT '5 years', keep_dead_letters interval DEFAULT '90 days', at timestamptz DEFAULT now()
) LANGUAGE plpgsql AS $maintain$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
  timed     record;
  part      record;
  ahead     integer;
  first_at  timestamptz;
  touched   bigint;
  bucket    integer;
BEGIN
  FOR timed IN
    SELECT * FROM (VALUES ('bgp_routing_history', 'week', keep_history), ('bgp_stats', 'day', keep_statistics))
      AS tables (parent, span, keep)
  LOOP
    IF timescale IS NOT NULL THEN
      FOR part IN
        EXECUTE 'SELECT range_start AS first_at, range_end AS next_at FROM timescaledb_information.chunks
                 WHERE format(''%I.%I'', hypertable_schema, hypertable_name)::regclass = $1 AND range_end <= $2 ORDER BY range_end'
        USING format('{schema}.%I', timed.parent)::regclass, at - timed.keep
      LOOP
        PERFORM set_config('lock_timeout', '2s', true);
        BEGIN
          EXECUTE format('SELECT %I.drop_chunks(%L::regclass, older_than => %L::timestamptz, newer_than => %L::timestamptz)',
                         timescale, '{schema}.' || timed.parent, part.next_at, part.first_at);
        EXCEPTION WHEN lock_not_available THEN
          RAISE NOTICE 'the chunk from % goes another time: it is in use', part.first_at;
        END;
        COMMIT;
      END LOOP;
      CONTINUE;
    END IF;
    FOR ahead IN 0 .. 2 LOOP
      PERFORM set_config('lock_timeout', '2s', true);
      first_at := (date_trunc(timed.span, at AT TIME ZONE 'UTC') + ahead * ('1 ' || timed.span)::interval) AT TIME ZONE 'UTC';
      IF pg_try_advisory_xact_lock(hashtextextended('{schema}.bgp_maintain', 0)) THEN
        PERFORM {schema}.bgp_make_partition(timed.parent, first_at,
          (first_at AT TIME ZONE 'UTC' + ('1 ' || timed.span)::interval) AT TIME ZONE 'UTC');
      END IF;
      COMMIT;
    END LOOP;
    FOR part IN
      SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = format('{schema}.%I', timed.parent)::regclass AND c.relname ~ '_\d{8}$'
        AND (substring(c.relname FROM '_(\d{8})$')::timestamp + ('1 ' || timed.span)::interval) AT TIME ZONE 'UTC'
            <= at - timed.keep
    LOOP
      PERFORM set_config('lock_timeout', '2s', true);
      IF pg_try_advisory_xact_lock(hashtextextended('{schema}.bgp_maintain', 0)) THEN
        PERFORM {schema}.bgp_drop_partition(timed.parent, part.name);
      END IF;
      COMMIT;
    END LOOP;
    EXECUTE format('DELETE FROM {schema}.%I WHERE time < $1', timed.parent || '_default') USING at - timed.keep;
    COMMIT;
  END LOOP;

  LOOP
    DELETE FROM {schema}.bgp_peer_events WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM {schema}.bgp_peer_events WHERE time < at - keep_events LIMIT 10000));
    GET DIAGNOSTICS touched = ROW_COUNT;
    COMMIT;
    EXIT WHEN touched = 0;
  END LOOP;
  LOOP
    DELETE FROM {schema}.bgp_dead_letters WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM {schema}.bgp_dead_letters WHERE time < at - keep_dead_letters LIMIT 10000));
    GET DIAGNOSTICS touched = ROW_COUNT;
    COMMIT;
    EXIT WHEN touched = 0;
  END LOOP;

  -- Attribute sets that no route has any more, a sixteenth at a time. A set is marked when it is first seen so; what history
  -- says of it is older than the mark, because a commit that tells the set again takes the mark away. With the history of that
  -- time the set goes.
  FOR bucket IN 0 .. 15 LOOP
    UPDATE {schema}.bgp_attribute_sets s SET unused_since = CASE WHEN u.used THEN NULL ELSE at END
    FROM (
      SELECT c.set_id, EXISTS (SELECT FROM {schema}.bgp_routing_state t WHERE t.set_id = c.set_id) AS used
      FROM {schema}.bgp_attribute_sets c
      WHERE c.set_id >= (to_hex(bucket) || '0000000-0000-0000-0000-000000000000')::uuid
        AND c.set_id <= (to_hex(bucket) || 'fffffff-ffff-ffff-ffff-ffffffffffff')::uuid
    ) AS u
    WHERE s.set_id = u.set_id AND (s.unused_since IS NULL) <> u.used;
    COMMIT;
    DELETE FROM {schema}.bgp_attribute_sets
    WHERE unused_since < at - keep_history
      AND set_id >= (to_hex(bucket) || '0000000-0000-0000-0000-000000000000')::uuid
      AND set_id <= (to_hex(bucket) || 'fffffff-ffff-ffff-ffff-ffffffffffff')::uuid;
    COMMIT;
  END LOOP;
END
$maintain$;
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 5';
