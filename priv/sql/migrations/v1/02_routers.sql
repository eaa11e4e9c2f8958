-- One row a BMP speaker. (epoch, sequence) is the event that last changed the row.
CREATE TABLE {schema}.bgp_routers (
  router_id          uuid PRIMARY KEY,
  epoch              bigint NOT NULL,
  sequence           bigint NOT NULL,
  sys_name           text NOT NULL,
  sys_descr          text NOT NULL,
  address            inet,
  port               integer NOT NULL,
  collector          text NOT NULL,
  state              text NOT NULL CHECK (state IN ('connected', 'disconnected')),
  session_started_at timestamptz NOT NULL,
  session_ended_at   timestamptz,
  end_reason         text,
  first_seen_at      timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL DEFAULT now()
);
