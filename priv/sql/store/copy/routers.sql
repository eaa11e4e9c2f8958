COPY bmp_stage_routers FROM STDIN (FORMAT binary)
