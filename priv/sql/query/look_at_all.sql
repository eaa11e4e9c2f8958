-- For this transaction: who has to look at every route does it with as many processes as the server gives. Left to itself the planner
-- takes one of a table that was just filled: as long as it has not been analyzed it hopes to find many routes of any attribute set soon.
SELECT set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true), set_config('jit', 'off', true)
