DROP PROCEDURE IF EXISTS {schema}.bgp_maintain(interval, interval, interval, interval, timestamptz);
-- ;
DROP PROCEDURE IF EXISTS {schema}.bgp_maintain(interval, interval, interval, interval, interval, timestamptz);
-- ;
DROP PROCEDURE IF EXISTS {schema}.bgp_maintain_times(interval, interval, interval, interval, timestamptz);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_next_prefix(timestamptz, cidr, cidr);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_summarize();
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_changes_from(timestamptz, timestamptz, bigint);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_maintain(integer, interval, interval, timestamptz);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_make_partition(text, timestamptz, timestamptz);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_drop_partition(text, text);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_nlri_key(bytea);
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_set_id(bytea, bytea);
-- ;
DO $$
BEGIN
  IF to_regtype('{schema}.bgp_rib_view') IS NOT NULL THEN
    DROP FUNCTION IF EXISTS {schema}.bgp_rib_id(uuid, {schema}.bgp_rib_view, integer, smallint);
  END IF;
END
$$;
-- ;
DROP VIEW IF EXISTS {schema}.bgp_routes, {schema}.bgp_changes;
-- ;
DROP FUNCTION IF EXISTS {schema}.bgp_fence(integer, bigint);
-- ;
DROP TABLE IF EXISTS {schema}.bgp_insight, {schema}.bgp_ocsf_events, {schema}.bgp_partitions, {schema}.bgp_nodes, {schema}.bgp_commits, {schema}.bgp_sessions, {schema}.bgp_ribs, {schema}.bgp_attribute_sets, {schema}.bgp_dead_letters,
  {schema}.bgp_stats, {schema}.bgp_peer_events, {schema}.bgp_routing_history, {schema}.bgp_routing_state,
  {schema}.bgp_peers, {schema}.bgp_routers CASCADE;
-- ;
DROP TYPE IF EXISTS {schema}.bgp_origin;
-- ;
DROP TYPE IF EXISTS {schema}.bgp_change;
-- ;
DROP TYPE IF EXISTS {schema}.bgp_rib_view;
-- ;
-- The schema goes only when it is empty, ours to drop, and not the one that every database has.
DO $$
DECLARE
  namespace oid := to_regnamespace('{schema}');
BEGIN
  IF namespace <> 'public'::regnamespace
     AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = namespace)
     AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = namespace)
     AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = namespace)
     AND EXISTS (SELECT FROM pg_namespace WHERE oid = namespace AND pg_has_role(nspowner, 'MEMBER'))
  THEN
    DROP SCHEMA {schema};
  END IF;
END
$$;
