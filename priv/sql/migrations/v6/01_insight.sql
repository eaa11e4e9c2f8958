-- Open alerts of a station, and what people marked, as it wrote them: it reads them back when it starts.
CREATE TABLE {schema}.bgp_insight (
  station text PRIMARY KEY,
  kept_at timestamptz NOT NULL DEFAULT now(),
  state   text NOT NULL
);
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 6';
