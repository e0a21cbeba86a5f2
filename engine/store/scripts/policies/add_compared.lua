-- Adds what came of decisions that a shadow or a canary was compared on, and notes how far the log was read: both or
-- neither, so that each decision counts once, whoever dies when.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the id of the shadow or canary  2 up to which entry the log had been read  3 up to which it has been now
--       4 number of sums, then of each its name and what is added to it, then of each order its name and what is known
-- Answers 'done', or changes nothing: 'moved' if another one runs by now, it has ended, or somebody else was faster.
local id, cursor, ended = unpack(redis.call('HMGET', key.trial_state, 'id', 'cursor', 'ended'))
if id ~= ARGV[1] or cursor ~= ARGV[2] or ended then
  return 'moved'
end
redis.call('HSET', key.trial_state, 'cursor', ARGV[3])
local last = 4 + 2 * tonumber(ARGV[4])
for place = 5, last, 2 do
  redis.call('HINCRBY', key.trial_state, 'sum:' .. ARGV[place], ARGV[place + 1])
end
for place = last + 1, #ARGV, 2 do
  redis.call('HSET', key.trial_orders, ARGV[place], ARGV[place + 1])
end
return 'done'
