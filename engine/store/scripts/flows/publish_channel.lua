-- Publishes what the feed of a channel says of some SKUs, if it is still the turn of whoever worked that out.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 channel  2 the name that the lease has  3 milliseconds that the lease is to last from now on
--       4 now (UTC seconds)  5 generation, if the feed begins anew; '' otherwise
--       6 the cursor up to which the feed is complete then; '' if more is to come
--       7 details of the entry that says what has changed; '' if none is to be written
--       8... SKU, units
-- Answers the number of the last change; false if it is somebody else's turn.
if redis.call('GET', key.channel_lease) ~= ARGV[2] then
  return false
end
redis.call('PEXPIRE', key.channel_lease, ARGV[3])
if ARGV[5] ~= '' then
  redis.call('DEL', key.channel_feed, key.channel_units, key.channel_changes)
  redis.call('HSET', key.channel_feed, 'generation', ARGV[5], 'number', 0)
  redis.call('SADD', key.channel_feeds, ARGV[1])
end
local number = tonumber(redis.call('HGET', key.channel_feed, 'number'))
if #ARGV > 7 then
  number = redis.call('HINCRBY', key.channel_feed, 'number', 1)
  for place = 8, #ARGV, 2 do
    redis.call('HSET', key.channel_units, ARGV[place], ARGV[place + 1])
    redis.call('ZADD', key.channel_changes, number, ARGV[place])
  end
end
-- the client library sends a write again if its answer was lost: what has changed is said once
local said = ARGV[7] == '' or redis.call('HGET', key.channel_feed, 'cursor') == ARGV[6]
if ARGV[6] ~= '' then
  redis.call('HSET', key.channel_feed, 'cursor', ARGV[6], 'at', ARGV[4])
end
if not said then
  redis.call('XADD', key.log, '*', 'kind', 'allocated', 'id', ARGV[1], 'at', ARGV[4], 'details', ARGV[7],
    unpack(signature))
end
return number
