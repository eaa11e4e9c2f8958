-- One row a TCP connection of a router, as the owner of its routing table knows it. `sequence` is the last one
-- applied, written in the transaction that wrote what came of it: whoever loads it knows what comes next.
CREATE TABLE {schema}.bgp_sessions (
  session_id uuid PRIMARY KEY,
  router_id  uuid NOT NULL,
  generation bigint NOT NULL,
  sequence   bigint NOT NULL,
  collector  text NOT NULL,
  address    inet,
  port       integer NOT NULL,
  state      text NOT NULL CHECK (state IN ('feeding', 'standby', 'superseded', 'ended')),
  started_at timestamptz NOT NULL,
  heard_at   timestamptz NOT NULL,
  ended_at   timestamptz,
  end_reason text
) WITH (fillfactor = 50);
-- ;
CREATE INDEX bgp_sessions_router_id ON {schema}.bgp_sessions (router_id, generation DESC);
