COPY bmp_stage_routes_gone FROM STDIN (FORMAT binary)
