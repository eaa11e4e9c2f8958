-- OCSF events, for those who ask a database: Network Activity (4001) and Detection Finding (2004). An event that is delivered again
-- has the same time and uid.
CREATE TABLE {schema}.bgp_ocsf_events (
  time        timestamptz NOT NULL,
  uid         uuid        NOT NULL,
  class_uid   integer     NOT NULL,
  activity_id integer     NOT NULL,
  severity_id integer     NOT NULL,
  message     text,
  event       jsonb       NOT NULL,
  PRIMARY KEY (time, uid)
);
-- ;
CREATE INDEX bgp_ocsf_events_findings ON {schema}.bgp_ocsf_events ((event->'finding_info'->>'uid'), time) WHERE class_uid = 2004;
