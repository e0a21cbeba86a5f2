-- Takes a version off the schedule: one that can't be read (refused), so that the one before it stays active, or one
-- that somebody no longer wants (unscheduled).
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the instant for which it is scheduled, or nothing for each that is still to come  2 version
--       3 now (UTC seconds)  4 who  5 note  6 refused or unscheduled  7 operation id
-- However many callers want that, only the first takes it off, and notes that in the history and the log. Answers
-- {'done', instant, ...}, or changes nothing: {'reused'} if the operation did something else before, {'gone'} if it is not
-- on the schedule for that.
local version, now, kind = ARGV[2], ARGV[3], ARGV[6]
local change = kind .. ' ' .. version .. ' '

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[7])
if before then
  if string.sub(before, 1, #change) ~= change then
    return {'reused'}
  end
  local answer = {'done'}
  for instant in string.gmatch(string.sub(before, #change + 1), '%d+') do
    answer[#answer + 1] = instant
  end
  return answer
end
local entries = {ARGV[1] .. ':' .. version}
if ARGV[1] == '' then
  entries = redis.call('ZRANGE', key.scheduled_policies, '(' .. now, '+inf', 'BYSCORE')
end
local instants = {}
for _, entry in ipairs(entries) do
  local instant, scheduled = string.match(entry, '^(%d+):(.+)$')
  if scheduled == version and redis.call('ZREM', key.scheduled_policies, entry) == 1 then
    instants[#instants + 1] = instant
    redis.call('HDEL', key.logged_activations, entry)
    redis.call('XADD', key.policy_history, '*', 'act', kind, 'version', version, 'who', ARGV[4], 'at', now, 'note', ARGV[5])
    redis.call('XADD', key.log, '*', 'kind', 'unscheduled', 'id', version, 'at', now, 'details',
      cjson.encode({because = kind, since = tonumber(instant), note = ARGV[5]}),
      unpack(kind == 'refused' and {} or signature))
  end
end
if #instants == 0 then
  return {'gone'}
end
redis.call('HSET', key.policy_operations, ARGV[7], change .. table.concat(instants, ','))
return {'done', unpack(instants)}
