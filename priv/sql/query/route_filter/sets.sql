-- Routes with one of these attribute sets.
t.set_id = ANY ({1}::uuid[])
