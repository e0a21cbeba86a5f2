-- Ends the rest of a node before its time; the log says so.
--
-- KEYS  1 nodes that rest  2 log  3 operation
-- ARGV  1 node  2 now  3 who  4 seconds the operation is kept
-- Answers 1; 0 if the node does not rest, or no more.

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 1
end
local rest = redis.call('HGET', KEYS[1], ARGV[1])
if not rest or tonumber(string.match(rest, '^%d+')) <= tonumber(ARGV[2]) then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', 'kind', 'woken', 'id', ARGV[1], 'at', ARGV[2], 'caller', ARGV[3])
redis.call('SET', KEYS[3], '1', 'EX', ARGV[4])
return 1
