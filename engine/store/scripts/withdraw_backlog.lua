-- Takes a decision's unfilled units off the backlog; the log says so.
--
-- KEYS  1 backlog  2 log  3 operation
-- ARGV  1 decision id  2 now  3 seconds the operation is kept
-- Answers 1; 0 if they don't wait, or no more.

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 1
end
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('XADD', KEYS[2], '*', 'kind', 'withdrawn', 'id', ARGV[1], 'at', ARGV[2])
redis.call('SET', KEYS[3], '1', 'EX', ARGV[3])
return 1
