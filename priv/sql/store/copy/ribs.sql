COPY bmp_stage_ribs FROM STDIN (FORMAT binary)
