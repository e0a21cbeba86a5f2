-- Logs open receipts that did not come by when they were expected, each once.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 now (UTC seconds)  2 how many at most
-- Answers how many these were.
local late = redis.call('ZRANGEBYSCORE', key.arriving, '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for place = 1, #late, 2 do
  local id, expected_at = late[place], late[place + 1]
  redis.call('ZREM', key.arriving, id)
  redis.call('XADD', key.log, '*', 'kind', 'overdue', 'id', id, 'at', ARGV[1], 'details',
    cjson.encode({sku = redis.call('HGET', key.receipt_skus, id), expected_at = tonumber(expected_at)}),
    unpack(signature))
end
return #late / 2
