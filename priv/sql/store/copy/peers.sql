COPY bmp_stage_peers FROM STDIN (FORMAT binary)
