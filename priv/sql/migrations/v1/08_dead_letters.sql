-- What could not be decoded, as it came, with where and why. `treatment` is what was done about it:
-- `kept_raw`, or the remedy of RFC 7606. `ordinal` tells the faults of one message apart.
CREATE TABLE {schema}.bgp_dead_letters (
  time      timestamptz NOT NULL,
  router_id uuid NOT NULL,
  peer_id   uuid,
  epoch     bigint NOT NULL,
  sequence  bigint NOT NULL,
  ordinal   integer NOT NULL,
  "offset"  bigint,
  path      text NOT NULL,
  reason    text NOT NULL,
  treatment text NOT NULL,
  suspect   boolean NOT NULL,
  raw       bytea NOT NULL,
  PRIMARY KEY (router_id, epoch, sequence, ordinal)
);
-- ;
CREATE INDEX bgp_dead_letters_time ON {schema}.bgp_dead_letters (time);
