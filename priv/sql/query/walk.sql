-- For this transaction: routes are gone through in the order of their key until a page is full. Left to itself the planner counts too few
-- where two filters mean the same, and reads and sorts all of them.
SELECT set_config('enable_sort', 'off', true), set_config('jit', 'off', true)
