-- For this transaction, plans that are never surprising: the state table is probed by its key, route by route.
-- Left to itself the planner scans it where it believes it empty (vacuumed after its peers ended), and then an
-- INSERT reads for every row all that it has written itself: minutes for what takes seconds. The JIT compiler costs
-- more than it saves.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true), set_config('work_mem', '64MB', true)
