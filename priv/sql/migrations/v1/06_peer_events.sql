-- What happened to sessions and peers: the causes of what the route tables show. A `peer_down` or `expired`
-- ended every route of its peer (of all the router's peers where peer_id is null) that is older than
-- (epoch, sequence); `routes` says how many the station knew of.
CREATE TABLE {schema}.bgp_peer_events (
  time                 timestamptz NOT NULL,
  router_id            uuid NOT NULL,
  peer_id              uuid,
  epoch                bigint NOT NULL,
  sequence             bigint NOT NULL,
  kind                 text NOT NULL,
  view                 {schema}.bgp_rib_view,
  afi                  integer,
  safi                 smallint,
  synthetic            boolean NOT NULL,
  reason_code          integer,
  reason               text,
  notification_code    smallint,
  notification_subcode smallint,
  fsm_event            integer,
  routes               bigint,
  router_time          timestamptz
);
-- ;
-- The event's identity: a batch delivered twice writes it once.
CREATE UNIQUE INDEX bgp_peer_events_key
  ON {schema}.bgp_peer_events (router_id, epoch, sequence, kind, peer_id, view, afi, safi) NULLS NOT DISTINCT;
-- ;
CREATE INDEX bgp_peer_events_time ON {schema}.bgp_peer_events (time);
-- ;
CREATE INDEX bgp_peer_events_peer_id ON {schema}.bgp_peer_events (peer_id, time DESC);
