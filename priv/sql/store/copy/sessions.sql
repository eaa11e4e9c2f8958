COPY bmp_stage_sessions FROM STDIN (FORMAT binary)
