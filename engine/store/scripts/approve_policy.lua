-- Notes in the history, and in the log, that somebody approves a published version.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 version  3 who  4 at (UTC seconds)  5 note
--       6 the last entry of the history as it was read, or 'any' if it may go on since
-- Answers 'done', or changes nothing: 'reused' if the operation did something else before, 'missing' if the version was
-- never published, 'changed' if the history goes on since.
local change = 'approved ' .. ARGV[2]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  return before == change and 'done' or 'reused'
end
if redis.call('HEXISTS', key.policies, ARGV[2]) == 0 then
  return 'missing'
end
if ARGV[6] ~= 'any' then
  local last = redis.call('XREVRANGE', key.policy_history, '+', '-', 'COUNT', 1)[1]
  if (last and last[1] or '') ~= ARGV[6] then
    return 'changed'
  end
end
redis.call('XADD', key.policy_history, '*', 'act', 'approved', 'version', ARGV[2], 'who', ARGV[3], 'at', ARGV[4],
  'note', ARGV[5])
redis.call('XADD', key.log, '*', 'kind', 'policy_approved', 'id', ARGV[2], 'at', ARGV[4], 'caller', ARGV[3],
  'details', cjson.encode({note = ARGV[5]}), unpack(signature))
redis.call('HSET', key.policy_operations, ARGV[1], change)
return 'done'
