-- The schema itself, when it is not there yet. A host gives an existing one and then needs no CREATE
-- right on the database.
DO $$
BEGIN
  IF to_regnamespace('{schema}') IS NULL THEN
    CREATE SCHEMA {schema};
  END IF;
END
$$;
-- ;
-- RFC 7854 (Adj-RIB-In), RFC 8671 (Adj-RIB-Out), RFC 9069 (Loc-RIB): five tables of a router, never mixed.
CREATE TYPE {schema}.bgp_rib_view AS ENUM
  ('adj_rib_in_pre', 'adj_rib_in_post', 'adj_rib_out_pre', 'adj_rib_out_post', 'loc_rib');
-- ;
-- What a row of history says of its route: first seen, seen with other attributes, gone.
CREATE TYPE {schema}.bgp_change AS ENUM ('announce', 'change', 'withdraw');
-- ;
-- RFC 4271 section 5.1.1, in the order of its codes.
CREATE TYPE {schema}.bgp_origin AS ENUM ('igp', 'egp', 'incomplete');
