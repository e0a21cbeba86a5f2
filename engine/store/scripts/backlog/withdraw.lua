-- Takes a decision's unfilled units off the backlog; the log says so.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 decision id  2 now  3 seconds the operation is kept
-- Answers 1; 0 if they do not wait, or not any more.

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if redis.call('EXISTS', key.operation) == 1 then
  return 1
end
if not stop_waiting(ARGV[1]) then
  return 0
end
redis.call('XADD', key.log, '*', 'kind', 'withdrawn', 'id', ARGV[1], 'at', ARGV[2], unpack(signature))
redis.call('SET', key.operation, '1', 'EX', ARGV[3])
return 1
