-- Begins or ends the shadow: a version that is tried on each order beside the one that decides, and holds nothing.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 now (UTC seconds)  3 version, or nothing to end the one there  4 who  5 note
--       6 share of the orders in ten-thousandths
-- Answers {'done'}, or changes nothing: {'reused'} if the operation did something else before, {'missing'} if the
-- version was never published, {'running', version} if another is tried already, {'none'} if none is.
local now, version = ARGV[2], ARGV[3]
local change = 'shadow ' .. version .. ' ' .. ARGV[6]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  return {before == change and 'done' or 'reused'}
end
local running, ended = unpack(redis.call('HMGET', key.shadow_state, 'version', 'ended'))
if ended then
  running = false
end
if version == '' and not running then
  return {'none'}
end
if version ~= '' and redis.call('HEXISTS', key.policies, version) == 0 then
  return {'missing'}
end
if version ~= '' and running then
  return {'running', running}
end
local kind, name = version == '' and 'shadow_ended' or 'shadow_started', version == '' and running or version
redis.call('XADD', key.policy_history, '*', 'act', kind, 'version', name, 'who', ARGV[4], 'at', now, 'note', ARGV[5])
local entry = redis.call('XADD', key.log, '*', 'kind', kind, 'id', name, 'at', now, 'caller', ARGV[4],
  'details', cjson.encode({note = ARGV[5], share = tonumber(ARGV[6])}), unpack(signature))
if version == '' then
  redis.call('HSET', key.shadow_state, 'ended', now, 'ended_by', ARGV[4], 'end_note', ARGV[5])
else
  redis.call('DEL', key.shadow_state, key.shadow_orders)
  redis.call('HSET', key.shadow_state, 'id', ARGV[1], 'version', version, 'share', ARGV[6], 'since', now,
    'who', ARGV[4], 'note', ARGV[5], 'cursor', entry)
end
redis.call('HSET', key.policy_operations, ARGV[1], change)
return {'done'}
