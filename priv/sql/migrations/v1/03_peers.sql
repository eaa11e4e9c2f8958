-- One row a peer of a router. "stale": the BMP session is gone, what the peer has is not known; "unknown":
-- routes came without a Peer Up (local routes of FRR, Loc-RIB of FRR and GoBGP).
--
-- (ended_epoch, ended_sequence) is where the peer's routes last ended all at once (Peer Down, or nobody
-- came back). Its rows are deleted by one statement then; this watermark is what keeps an older write from
-- bringing one back, as the tombstone of a single route does.
CREATE TABLE {schema}.bgp_peers (
  peer_id        uuid PRIMARY KEY,
  router_id      uuid NOT NULL,
  epoch          bigint NOT NULL,
  sequence       bigint NOT NULL,
  peer_type      smallint NOT NULL,
  distinguisher  bytea NOT NULL CHECK (length(distinguisher) = 8),
  address        inet NOT NULL,
  asn            bigint NOT NULL,
  bgp_id         inet NOT NULL,
  table_name     text,
  state          text NOT NULL CHECK (state IN ('up', 'down', 'stale', 'unknown')),
  state_since    timestamptz NOT NULL,
  down_reason    text,
  local_address  inet,
  local_port     integer,
  remote_port    integer,
  local_asn      bigint,
  local_bgp_id   inet,
  hold_time      integer,
  sent_open      bytea,
  received_open  bytea,
  ended_epoch    bigint NOT NULL DEFAULT -1,
  ended_sequence bigint NOT NULL DEFAULT -1,
  first_seen_at  timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL DEFAULT now()
);
-- ;
CREATE INDEX bgp_peers_router_id ON {schema}.bgp_peers (router_id);
-- ;
CREATE INDEX bgp_peers_address ON {schema}.bgp_peers (address);
