-- Notes in the history, and in the log, that somebody asks for the approval of a published version, takes that back, or
-- declines it, if nothing was done with any version since whoever asks was found to be allowed to.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 version  3 asked, taken_back or declined  4 who  5 at (UTC seconds)  6 note
--       7 the last entry of the history as it was read, or nothing if there was none
--       8 the instant from which the version should decide (asked), or nothing
--       9 '1' if the same request stands already: then only the operation is noted
-- Answers 'done', or changes nothing: 'reused' if the operation did something else before, 'missing' if the version was
-- never published, 'changed' if the history goes on since.
local version, kind = ARGV[2], ARGV[3]
local change = kind .. ' ' .. version .. ' ' .. ARGV[8]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  return before == change and 'done' or 'reused'
end
if redis.call('HEXISTS', key.policies, version) == 0 then
  return 'missing'
end
local last = redis.call('XREVRANGE', key.policy_history, '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '') ~= ARGV[7] then
  return 'changed'
end
if ARGV[9] ~= '1' then
  local past = {'act', kind, 'version', version, 'who', ARGV[4], 'at', ARGV[5], 'note', ARGV[6]}
  if ARGV[8] ~= '' then
    past[#past + 1], past[#past + 2] = 'activate_at', ARGV[8]
  end
  redis.call('XADD', key.policy_history, '*', unpack(past))
  redis.call('XADD', key.log, '*', 'kind', 'policy_approval_' .. kind, 'id', version, 'at', ARGV[5],
    'caller', ARGV[4], 'details', cjson.encode({note = ARGV[6], activate_at = tonumber(ARGV[8])}), unpack(signature))
end
redis.call('HSET', key.policy_operations, ARGV[1], change)
return 'done'
