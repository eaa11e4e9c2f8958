-- The last commit of each partition. A station that cannot know whether its commit went through, because the connection
-- broke, makes it again and finds its name here.
CREATE TABLE {schema}.bgp_commits (
  partition    integer PRIMARY KEY,
  commit_id    uuid NOT NULL,
  committed_at timestamptz NOT NULL
);
