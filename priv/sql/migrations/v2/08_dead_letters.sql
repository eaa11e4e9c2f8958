-- Also rows that a table of the store refused for good: `path` names the table, `sqlstate` says why (PostgreSQL's list of
-- error codes), `raw` is the NLRI, or nothing. Of a row that belongs to no router, none is named.
ALTER TABLE {schema}.bgp_dead_letters RENAME COLUMN epoch TO generation;
-- ;
ALTER TABLE {schema}.bgp_dead_letters DROP CONSTRAINT bgp_dead_letters_pkey;
-- ;
ALTER TABLE {schema}.bgp_dead_letters ALTER COLUMN router_id DROP NOT NULL, ADD COLUMN sqlstate text;
-- ;
CREATE INDEX bgp_dead_letters_router_id ON {schema}.bgp_dead_letters (router_id, time DESC);
