-- Destroys the key of an order that is over, and what of its personal values stands beside the log.
--
-- Keys, by the names in script_keys.py; ended_hold are those of its decisions, quote that of a quote that it took up.
-- ARGV  1 the order's first decision  2 now  3 the log entry's body  4 calls that changed it, as it was read
--       5 its decisions but the first, as they were read  6 the order as last amended, without personal values; empty if
--       it was never amended  7 its returns, as they were read  8 its id  then its decisions
-- Answers {'done'}; {'erased', instant} if it was erased before; {'changed'} if it is not as it was read, or not over.
local ERASED = 'erased:'
local stored = redis.call('HGET', key.order_keys, ARGV[1])
if stored and string.sub(stored, 1, #ERASED) == ERASED then
  return {'erased', string.sub(stored, #ERASED + 1)}
end
if (redis.call('HGET', key.order, 'changes') or '0') ~= ARGV[4] or redis.call('LLEN', key.chain) ~= tonumber(ARGV[5])
    or (redis.call('HGET', key.order, 'returns') or '') ~= ARGV[7] then
  return {'changed'}
end
for index = 9, #ARGV do
  if redis.call('EXISTS', key.ended_hold(index - 8)) == 1 or redis.call('HEXISTS', key.backlog, ARGV[index]) == 1 then
    return {'changed'}
  end
end
redis.call('HSET', key.order_keys, ARGV[1], ERASED .. ARGV[2])
redis.call('HINCRBY', key.order, 'changes', 1)
if ARGV[6] ~= '' then
  redis.call('HSET', key.order, 'order', ARGV[6])
end
redis.call('DEL', key.quote)
redis.call('HDEL', key.addressees, ARGV[8])
redis.call('ZREM', key.addressees_stored, ARGV[8])
redis.call('HSET', key.order_keys, 'addressee:' .. ARGV[8], ERASED .. ARGV[2])
redis.call('XADD', key.log, '*', 'kind', 'erased', 'id', ARGV[1], 'at', ARGV[2], 'body', ARGV[3], unpack(signature))
return {'done'}
