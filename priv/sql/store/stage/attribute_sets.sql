-- Where COPY puts attribute sets that the commit has first, or again.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_attribute_sets (
  set_id               uuid,
  next_hop             inet,
  origin               text,
  as_path              bigint[],
  origin_as            bigint,
  as_path_text         text,
  med                  bigint,
  local_pref           bigint,
  communities          bigint[],
  large_communities    text[],
  extended_communities text[],
  other_attributes     jsonb,
  next_hop_octets      bytea,
  attributes           bytea
) ON COMMIT DELETE ROWS
