COPY bmp_stage_dead_letters FROM STDIN (FORMAT binary)
