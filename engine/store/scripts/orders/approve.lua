-- Approves an order that is parked until a person does; the log says who and why.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the order's first decision  2 now  3 who  4 the approval as it is stored  5 the log entry's body  6 order id
--       then the decisions under which units of it wait: they are offered what there is
-- Answers 1; 0 if the order is not parked, or not any more: sent twice, it is approved once.
if redis.call('HDEL', key.order, 'approval') == 0 then
  return 0
end
redis.call('HSET', key.order, 'approved', ARGV[4])
redis.call('ZREM', key.parked, ARGV[6])
redis.call('HINCRBY', key.order, 'changes', 1)
redis.call('XADD', key.log, '*', 'kind', 'approved', 'id', ARGV[1], 'at', ARGV[2], 'caller', ARGV[3], 'body', ARGV[5],
  unpack(signature))
for index = 7, #ARGV do
  local body = redis.call('HGET', key.backlog, ARGV[index])
  if body then
    stop_waiting(ARGV[index])
    begin_waiting(ARGV[index], body, ARGV[2], '0', changed_since('0', body))
  end
end
return 1
