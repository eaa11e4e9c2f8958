DROP TYPE IF EXISTS {schema}.bgp_origin;
-- ;
DROP TYPE IF EXISTS {schema}.bgp_change;
-- ;
DROP TYPE IF EXISTS {schema}.bgp_rib_view;
-- ;
-- The schema goes only when nothing else lives in it and it is not one the database came with.
DO $$
BEGIN
  IF to_regnamespace('{schema}') IS NOT NULL
     AND to_regnamespace('{schema}') <> 'public'::regnamespace
     AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('{schema}'))
     AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('{schema}'))
     AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = to_regnamespace('{schema}'))
     AND has_schema_privilege(current_user, '{schema}', 'USAGE')
     AND pg_has_role(current_user, (SELECT nspowner FROM pg_namespace WHERE oid = to_regnamespace('{schema}')), 'MEMBER')
  THEN
    DROP SCHEMA {schema};
  END IF;
END
$$;
