-- Keeps the time tables in order; safe to run at any time and from several places. Makes the partitions of
-- today and the next `ahead` days, drops whole days older than `keep` and rows older than it in the small
-- tables, and tombstones older than `keep_tombstones` (they matter only as long as an older write may come).
--
-- Days that already have rows in the default partition (a collector with a wrong clock, maintenance that did
-- not run) get their partition all the same: the rows move.
CREATE FUNCTION {schema}.bgp_maintain(
  ahead integer DEFAULT 3, keep interval DEFAULT '3 days', keep_tombstones interval DEFAULT '1 day',
  at timestamptz DEFAULT now()
) RETURNS void LANGUAGE plpgsql AS $maintain$
DECLARE
  timescale name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'timescaledb');
  today     date := (at AT TIME ZONE 'UTC')::date;
  parent    text;
  part      record;
  first_at  timestamptz;
  next_at   timestamptz;
  part_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('{schema}.bgp_maintain', 0));
  FOREACH parent IN ARRAY ARRAY['bgp_routing_history', 'bgp_stats'] LOOP
    IF timescale IS NOT NULL THEN
      EXECUTE format('SELECT %I.drop_chunks(%L::regclass, older_than => %L::timestamptz)',
                     timescale, '{schema}.' || parent, at - keep);
      CONTINUE;
    END IF;

    FOR part IN
      SELECT c.relname AS name, substring(c.relname FROM '_(\d{8})$')::date AS day
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = format('{schema}.%I', parent)::regclass AND c.relname ~ '_\d{8}$'
    LOOP
      IF (part.day + 1)::timestamp AT TIME ZONE 'UTC' <= at - keep THEN
        EXECUTE format('DROP TABLE {schema}.%I', part.name);
      END IF;
    END LOOP;
    EXECUTE format('DELETE FROM {schema}.%I WHERE time < $1', parent || '_default') USING at - keep;

    FOR day IN 0 .. ahead LOOP
      first_at := (today + day)::timestamp AT TIME ZONE 'UTC';
      next_at := (today + day + 1)::timestamp AT TIME ZONE 'UTC';
      part_name := parent || '_' || to_char(today + day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(format('{schema}.%I', part_name)) IS NOT NULL;
      EXECUTE format('LOCK TABLE {schema}.%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
      EXECUTE format('LOCK TABLE {schema}.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
      EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.%I INCLUDING DEFAULTS)', part_name, parent);
      EXECUTE format('WITH moved AS (DELETE FROM {schema}.%I WHERE time >= $1 AND time < $2 RETURNING *)
                      INSERT INTO {schema}.%I SELECT * FROM moved', parent || '_default', part_name)
        USING first_at, next_at;
      EXECUTE format('ALTER TABLE {schema}.%I ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
                     parent, part_name, first_at, next_at);
    END LOOP;
  END LOOP;

  DELETE FROM {schema}.bgp_peer_events WHERE time < at - keep;
  DELETE FROM {schema}.bgp_dead_letters WHERE time < at - keep;
  DELETE FROM {schema}.bgp_routing_state WHERE NOT active AND changed_at < at - keep_tombstones;
END
$maintain$;
-- ;
SELECT {schema}.bgp_maintain();
