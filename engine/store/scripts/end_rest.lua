-- Ends the rest of a node before its time; the log says so.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 node  2 now  3 who  4 seconds the operation is kept
-- Answers 1; 0 if the node does not rest, or not any more.

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if redis.call('EXISTS', key.operation) == 1 then
  return 1
end
local rest = redis.call('HGET', key.resting, ARGV[1])
if not rest or tonumber(string.match(rest, '^%d+')) <= tonumber(ARGV[2]) then
  return 0
end
redis.call('HDEL', key.resting, ARGV[1])
redis.call('XADD', key.log, '*', 'kind', 'woken', 'id', ARGV[1], 'at', ARGV[2], 'caller', ARGV[3], unpack(signature))
redis.call('SET', key.operation, '1', 'EX', ARGV[4])
return 1
