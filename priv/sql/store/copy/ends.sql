COPY bmp_stage_ends FROM STDIN (FORMAT binary)
