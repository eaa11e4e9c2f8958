-- The last commit of each partition, by the names of its batches. A station that cannot know whether its commit went
-- through, because the connection broke, makes it again, as a whole or in parts, and finds them here.
CREATE TABLE {schema}.bgp_commits (
  partition    integer PRIMARY KEY,
  commit_ids   uuid[] NOT NULL,
  committed_at timestamptz NOT NULL
);
