-- Keeps what came of the gate of a published version, and notes in the history and the log who ran it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 version  3 what came of it, as JSON  4 who  5 at (UTC seconds)  6 passed, failed or not_judged
--       7 the version that it was compared with, or nothing
-- Answers 'done', or changes nothing: 'reused' if the operation did something else before, 'missing' if the version was
-- never published.
local change = 'gate_run ' .. ARGV[2]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  return before == change and 'done' or 'reused'
end
if redis.call('HEXISTS', key.policies, ARGV[2]) == 0 then
  return 'missing'
end
redis.call('HSET', key.policy_gates, ARGV[2], ARGV[3])
redis.call('XADD', key.policy_history, '*', 'act', 'gate_run', 'version', ARGV[2], 'who', ARGV[4], 'at', ARGV[5],
  'note', ARGV[6])
redis.call('XADD', key.log, '*', 'kind', 'gate_run', 'id', ARGV[2], 'at', ARGV[5], 'caller', ARGV[4], 'details',
  cjson.encode({verdict = ARGV[6], against = ARGV[7] ~= '' and ARGV[7] or cjson.null}), unpack(signature))
redis.call('HSET', key.policy_operations, ARGV[1], change)
return 'done'
