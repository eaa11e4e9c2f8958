-- For this transaction: a big commit's estimated cost would start the JIT compiler, which costs more than it saves,
-- and its joins want to hash in memory.
SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true)
