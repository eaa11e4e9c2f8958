COPY bmp_stage_attribute_sets FROM STDIN (FORMAT binary)
