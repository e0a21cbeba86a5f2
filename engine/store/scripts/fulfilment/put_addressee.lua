-- Stores the addressee of an order, encrypted under a key of its own, or takes it away.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 order id  2 field of its key in order_keys  3 the key as it was read  4 the addressee, encrypted; empty: none
--       5 now
-- Answers 'done'; 'erased' if the order was; 'changed' if the key is another by now.
local ERASED = 'erased:'
local first = redis.call('HGET', key.order, 'first')
for _, field in ipairs({first or '', ARGV[2]}) do
  local secret = redis.call('HGET', key.order_keys, field)
  if secret and string.sub(secret, 1, #ERASED) == ERASED then
    return 'erased'
  end
end
local function log(is_there)
  redis.call('XADD', key.log, '*', unpack(signed({
    'kind', 'addressed', 'id', ARGV[1], 'at', ARGV[5], 'details', '{"removed":' .. tostring(not is_there) .. '}',
  })))
  return 'done'
end
if ARGV[4] == '' then
  redis.call('HDEL', key.order_keys, ARGV[2])
  redis.call('ZREM', key.addressees_stored, ARGV[1])
  return redis.call('HDEL', key.addressees, ARGV[1]) == 1 and log(false) or 'done'
elseif redis.call('HGET', key.order_keys, ARGV[2]) ~= ARGV[3] then
  return 'changed'
end
redis.call('HSET', key.addressees, ARGV[1], ARGV[4])
redis.call('ZADD', key.addressees_stored, ARGV[5], ARGV[1])
return log(true)
