-- An entry in an index for each change was a ninth of what a commit writes, for questions that are asked now and then.
-- Changes come in the order of time, so that a summary of each 32 pages (BRIN) leads to a span of time as well. What it does not
-- have is the order inside: bgp_changes_from finds the span in which a page of changes lies, and only that is sorted.
DROP INDEX {schema}.bgp_routing_history_time;
-- ;
CREATE INDEX bgp_routing_history_time
  ON {schema}.bgp_routing_history USING brin (time) WITH (pages_per_range = 32, autosummarize = on);
-- ;
-- The time since which there are, before `before`, `most` changes or more, but less than nine times as many; `since` where there
-- are fewer. It goes back in spans of which each is four times as long as the last, and halves one that has too many. Of less
-- than `most` later changes and less than eight times `most` in the last span there are less than nine times `most`.
CREATE FUNCTION {schema}.bgp_changes_from(since timestamptz, before timestamptz, most bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
DECLARE
  span    interval := '1 second';
  -- Clocks of collectors may be ahead: what is later than now is in the first span.
  high    timestamptz := least(before, clock_timestamp() + interval '10 years');
  low     timestamptz := greatest(since, least(before, clock_timestamp()) - span);
  middle  timestamptz;
  missing bigint := most;
  many    bigint := 8 * most;
  found   bigint;
BEGIN
  LOOP
    found := (SELECT count(*) FROM (SELECT FROM {schema}.bgp_routing_history WHERE time >= low AND time < high LIMIT many) c);
    EXIT WHEN found >= missing OR low <= since;
    missing := missing - found;
    high := low;
    span := span * 4;
    low := CASE WHEN span > interval '100 years' THEN since ELSE greatest(since, high - span) END;
  END LOOP;
  WHILE found >= many AND isfinite(low) AND high - low > interval '1 millisecond' LOOP
    middle := low + (high - low) / 2;
    found := (SELECT count(*) FROM (SELECT FROM {schema}.bgp_routing_history WHERE time >= middle AND time < high LIMIT many) c);
    IF found >= missing THEN
      low := middle;
    ELSE
      missing := missing - found;
      high := middle;
      found := (SELECT count(*) FROM (SELECT FROM {schema}.bgp_routing_history WHERE time >= low AND time < high LIMIT many) c);
    END IF;
  END LOOP;
  RETURN low;
END
$$;
-- ;
-- What was written since the last summary is in none, and every question reads it whole. PostgreSQL's autovacuum summarizes once
-- a minute; a station does so every few seconds, of the parts that were made last, where new changes are. One at a time; the
-- others do not wait.
CREATE FUNCTION {schema}.bgp_summarize() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part regclass;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('{schema}.bgp_summarize', 0)) THEN
    RETURN;
  END IF;
  FOR part IN
    SELECT i.indexrelid::regclass
    FROM pg_inherits t JOIN pg_index i ON i.indrelid = t.inhrelid
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE t.inhparent = '{schema}.bgp_routing_history'::regclass AND a.amname = 'brin'
    ORDER BY t.inhrelid DESC LIMIT 3
  LOOP
    PERFORM brin_summarize_new_values(part);
  END LOOP;
END
$$;
