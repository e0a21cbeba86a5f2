-- Stores how far a connector has come with a message, and what became of its rows, if it is still the turn of whoever
-- read them.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the connector  2 the name that the lease has  3 milliseconds that the lease is to last from now on
--       4 the number of this step: one more than the last
--       5 now (UTC seconds)  6 the instant before which it need not be known any more what came
--       7 '1' if the problems that are stored are those of a message that is over
--       8... five lists, each after its length: fields of its place, each with its value (an empty one deletes it);
--       ids of messages; problems; fields of its status with their values; counters of its status with what they grow by
-- Answers 1; 0 if it is somebody else's turn.
local holder = redis.call('GET', key.connector_lease)
local step, by = unpack(redis.call('HMGET', key.connector, 'step', 'by'))
step = tonumber(step or '0')
-- the client library sends a write again if its answer was lost: each step is stored once
if step == tonumber(ARGV[4]) and by == ARGV[2] then
  return 1
end
-- a lease that ran out is whoever's who comes first, unless somebody else has gone on meanwhile
if (holder and holder ~= ARGV[2]) or step ~= ARGV[4] - 1 then
  return 0
end
redis.call('SET', key.connector_lease, ARGV[2], 'PX', ARGV[3])
redis.call('HSET', key.connector, 'step', ARGV[4], 'by', ARGV[2])
redis.call('SADD', key.connectors, ARGV[1])
local place = 8
local function each(act, width)
  local first = place + 1
  place = first + ARGV[place]
  for at = first, place - 1, width do
    act(ARGV[at], ARGV[at + 1])
  end
end
each(function(name, value)
  if value == '' then
    redis.call('HDEL', key.connector, name)
  else
    redis.call('HSET', key.connector, name, value)
  end
end, 2)
each(function(id) redis.call('ZADD', key.connector_once, ARGV[5], id) end, 1)
redis.call('ZREMRANGEBYSCORE', key.connector_once, '-inf', '(' .. ARGV[6])
if ARGV[7] == '1' then
  redis.call('DEL', key.connector_problems)
end
each(function(problem) redis.call('RPUSH', key.connector_problems, problem) end, 1)
each(function(name, value) redis.call('HSET', key.connector_status, name, value) end, 2)
each(function(name, value) redis.call('HINCRBY', key.connector_status, name, value) end, 2)
return 1
