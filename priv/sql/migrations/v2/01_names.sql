-- Version 1 gave a session the clock's reading as its number, its epoch. Now its number is a generation: one more than the
-- router's last. Numbers of version 1 are kept: what comes is higher.
ALTER TABLE {schema}.bgp_routers RENAME COLUMN epoch TO generation;
-- ;
ALTER TABLE {schema}.bgp_peers RENAME COLUMN epoch TO generation;
-- ;
-- A partition has one owner, who knows what is stored: nothing is kept to fend off an older write.
ALTER TABLE {schema}.bgp_peers DROP COLUMN ended_epoch, DROP COLUMN ended_sequence;
-- ;
ALTER TABLE {schema}.bgp_peer_events RENAME COLUMN epoch TO generation;
-- ;
ALTER TABLE {schema}.bgp_stats RENAME COLUMN epoch TO generation;
-- ;
-- A commit is made once (bgp_commits), so an event needs no key, and two at one place are both kept.
DROP INDEX {schema}.bgp_peer_events_key;
-- ;
CREATE INDEX bgp_peer_events_router_id ON {schema}.bgp_peer_events (router_id, time DESC);
-- ;
-- Of a gap: since when nothing was heard; `time` is when something was heard again, `reason` why.
ALTER TABLE {schema}.bgp_peer_events ADD COLUMN since timestamptz;
