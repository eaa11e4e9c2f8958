-- Newest first is how history is read, a page at a time: a summary of ranges of pages (BRIN) cannot give that order. Rows come
-- in the order of time, so the index grows at its end. It replaces the one that TimescaleDB made by itself for a hypertable.
DO $$
DECLARE
  on_time regclass;
BEGIN
  FOR on_time IN
    SELECT i.indexrelid::regclass FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'time'
    WHERE i.indrelid = '{schema}.bgp_routing_history'::regclass AND i.indkey::text = a.attnum::text
  LOOP
    EXECUTE format('DROP INDEX %s', on_time);
  END LOOP;
END
$$;
-- ;
CREATE INDEX bgp_routing_history_time ON {schema}.bgp_routing_history (time);
-- ;
-- Which ends of peers came after a route's last change: asked for each route of a table in the past.
CREATE INDEX bgp_peer_events_ends ON {schema}.bgp_peer_events (router_id, generation, sequence)
  WHERE kind IN ('peer_down', 'expired');
-- ;
-- The first prefix after `last` (null: the first of all) and inside `inside` (null: any) that a route had up to `at`.
CREATE FUNCTION {schema}.bgp_next_prefix(at timestamptz, last cidr, inside cidr) RETURNS cidr
LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- Nothing sorts before 0.0.0.0/0, which is wanted too.
  least   cidr := coalesce(inside, '0.0.0.0/0');
  most    cidr := coalesce(set_masklen(broadcast(inside), CASE family(inside) WHEN 4 THEN 32 ELSE 128 END)::cidr,
                           'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128');
  changed cidr;
  present cidr;
BEGIN
  IF last IS NULL OR last < least THEN
    changed := (SELECT h.prefix FROM {schema}.bgp_routing_history h
                WHERE h.prefix >= least AND h.prefix <= most AND h.time <= at ORDER BY h.prefix LIMIT 1);
    present := (SELECT t.prefix FROM {schema}.bgp_routing_state t
                WHERE t.prefix >= least AND t.prefix <= most ORDER BY t.prefix LIMIT 1);
  ELSE
    changed := (SELECT h.prefix FROM {schema}.bgp_routing_history h
                WHERE h.prefix > last AND h.prefix <= most AND h.time <= at ORDER BY h.prefix LIMIT 1);
    present := (SELECT t.prefix FROM {schema}.bgp_routing_state t
                WHERE t.prefix > last AND t.prefix <= most ORDER BY t.prefix LIMIT 1);
  END IF;
  RETURN CASE WHEN changed IS NULL OR present < changed THEN present ELSE changed END;
END
$$;
