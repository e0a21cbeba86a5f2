-- Puts unfilled units of an order into the backlog; the log says so.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the decision under which they wait  2 now  3 its backlog entry  4 the log entry's body  5 most entries
--       6 the changes of the order when it was read  7 its follow-up decisions then  8 each of its decisions with how
--       units had ended then, as JSON: the endings, and the outcomes by shipment, each empty if there are none
--       9 what waited then under decision 1: its backlog entry, or nothing
-- Answers 'done'; or changes nothing: 'changed' if the order is not as it was read, 'crowded' if no more may wait.
-- Sent twice, the second finds the order changed.
local id = ARGV[1]
if (redis.call('HGET', key.order, 'changes') or '0') ~= ARGV[6]
    or redis.call('LLEN', key.chain) ~= tonumber(ARGV[7]) or not is_entry(id, ARGV[9])
    or ended_differs(cjson.decode(ARGV[8])) then
  return 'changed'
end
if redis.call('HEXISTS', key.backlog, id) == 0 and redis.call('HLEN', key.backlog) >= tonumber(ARGV[5]) then
  return 'crowded'
end
stop_waiting(id)
begin_waiting(id, ARGV[3], ARGV[2], '0', changed_since('0', ARGV[3]))
redis.call('HINCRBY', key.order, 'changes', 1)
redis.call('XADD', key.log, '*', 'kind', 'queued', 'id', id, 'at', ARGV[2], 'body', ARGV[4], unpack(signature))
return 'done'
