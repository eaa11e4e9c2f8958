-- For this transaction, plans that are never surprising: the state table is read by its key. Left to itself the planner
-- scans it for every row where it believes it empty (vacuumed after its peers ended), and an INSERT then reads all
-- that it has itself inserted: minutes for what takes seconds. The JIT compiler costs more than it saves.
SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('work_mem', '64MB', true)
