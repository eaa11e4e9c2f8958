COPY {schema}.bgp_routing_history
  (rib_id, path_id, nlri_key, generation, sequence, time, router_time, change, synthetic, after_gap, set_id, prefix, rd,
   labels, vnis, nlri_text, nlri)
FROM STDIN (FORMAT binary)
