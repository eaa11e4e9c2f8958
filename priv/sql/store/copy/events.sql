COPY bmp_stage_events FROM STDIN (FORMAT binary)
