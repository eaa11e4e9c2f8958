COPY bmp_stage_routes FROM STDIN (FORMAT binary)
