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
