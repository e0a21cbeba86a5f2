-- Functions for scripts that have something printed.

-- Puts jobs into the queue of the node whose key is key.print_queue: each {id, JSON of the job}. They are printed from
-- the instant `at` (UTC seconds) on.
local function queue_print(jobs, at)
  for _, job in ipairs(jobs) do
    redis.call('HSET', key.print_jobs, job[1], job[2])
    redis.call('ZADD', key.print_queue, at, job[1])
  end
end
