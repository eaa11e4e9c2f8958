COPY bmp_stage_statistics FROM STDIN (FORMAT binary)
