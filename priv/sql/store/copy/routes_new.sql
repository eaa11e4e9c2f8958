COPY {schema}.bgp_routing_state (rib_id, path_id, nlri_key, generation, sequence, changed_at, set_id, prefix, rd,
  labels, vnis, nlri_text, nlri)
FROM STDIN (FORMAT binary)
