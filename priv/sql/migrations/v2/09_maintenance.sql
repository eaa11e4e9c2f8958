-- Keeps the tables in order; to be called at top level, by an owner of the tables, every hour or so, from one or several
-- places. Each step is a short transaction of its own. One that does not get its lock within two seconds is left to the next
-- call, so that nobody waits behind it.
DROP FUNCTION {schema}.bgp_maintain(integer, interval, interval, timestamptz);
-- ;
-- Partitions of `parent` for the days or weeks ahead. What of it is in the default partition (a collector with a wrong
-- clock, maintenance that did not run) moves.
CREATE FUNCTION {schema}.bgp_make_partition(parent text, first_at timestamptz, next_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part_name text := parent || '_' || to_char(first_at AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
  IF to_regclass(format('{schema}.%I', part_name)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('LOCK TABLE {schema}.%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
  EXECUTE format('LOCK TABLE {schema}.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
  EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.%I INCLUDING DEFAULTS)', part_name, parent);
  EXECUTE format('WITH moved AS (DELETE FROM {schema}.%I WHERE time >= $1 AND time < $2 RETURNING *)
                  INSERT INTO {schema}.%I SELECT * FROM moved', parent || '_default', part_name)
    USING first_at, next_at;
  EXECUTE format('ALTER TABLE {schema}.%I ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
                 parent, part_name, first_at, next_at);
EXCEPTION WHEN lock_not_available THEN
  RAISE NOTICE 'the partition % is made another time: its table is in use', part_name;
END
$$;
-- ;
-- What of `parent` is older than `before`: whole partitions, and rows of the default one.
CREATE FUNCTION {schema}.bgp_drop_partition(parent text, part_name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DROP TABLE {schema}.%I', part_name);
EXCEPTION WHEN lock_not_available THEN
  RAISE NOTICE 'the partition % goes another time: its table is in use', part_name;
END
$$;
-- ;
CREATE PROCEDURE {schema}.bgp_maintain(
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
      EXECUTE format('SELECT %I.drop_chunks(%L::regclass, older_than => %L::timestamptz)',
                     timescale, '{schema}.' || timed.parent, at - timed.keep);
      COMMIT;
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
-- The first partitions; maintenance makes the next.
DO $$
DECLARE
  first_at timestamp;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    FOR first_at IN SELECT date_trunc('week', now() AT TIME ZONE 'UTC') + n * interval '1 week' FROM generate_series(0, 2) n LOOP
      PERFORM {schema}.bgp_make_partition('bgp_routing_history', first_at AT TIME ZONE 'UTC',
                                          (first_at + interval '1 week') AT TIME ZONE 'UTC');
    END LOOP;
  END IF;
END
$$;
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 2';
