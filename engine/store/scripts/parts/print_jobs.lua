-- Functions for scripts that have something printed.

-- Puts jobs for one node into its queue, whose key is key.print_queue: each {id, JSON of the job}. They are printed in the
-- order in which they stand here, after those that wait there since before `at` (UTC microseconds).
local function queue_print(node, jobs, at)
  for place, job in ipairs(jobs) do
    redis.call('HSET', key.print_jobs, job[1], job[2])
    redis.call('ZADD', key.print_queue, string.format('%.0f', at + place - 1), job[1])
  end
  if #jobs > 0 then
    redis.call('SADD', key.print_nodes, node)
  end
end
