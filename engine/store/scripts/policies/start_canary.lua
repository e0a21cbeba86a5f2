-- Lets a published version decide a share of the orders, beside the active version.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 now (UTC seconds)  3 version  4 who  5 note
--       6 the network version that it was checked against, or nothing if none was loaded
--       7 the version that was active when its gate was looked at, nothing if none was, or 'any' if any may be
--       8 share of the orders in ten-thousandths  9 its terms, as JSON
--       10 '1' if nobody else approved it, though somebody should  11 '1' if its gate did not pass
-- Answers {'done'}, or changes nothing: {'reused'} if the operation did something else before, {'missing'} if the
-- version was never published, {'network'} and {'active'} as activate_policy.lua, {'none'} if no version is active or it
-- is active itself, {'running', version} if there is a canary already.
local now, version = ARGV[2], ARGV[3]
local change = 'canary_started ' .. version .. ' ' .. ARGV[8]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  return {before == change and 'done' or 'reused'}
end
if redis.call('HEXISTS', key.policies, version) == 0 then
  return {'missing'}
end
if (redis.call('HGET', key.facts, 'version') or '') ~= ARGV[6] then
  return {'network'}
end
local _, active = deciding_policy(now, '')
if not active or active == version then
  return {'none'}
end
if ARGV[7] ~= 'any' and active ~= ARGV[7] then
  return {'active'}
end
end_canary_beside_another(active, now)
local running = redis.call('GET', key.canary)
if running then
  return {'running', string.match(running, ':(%x+)$')}
end
redis.call('SET', key.canary, ARGV[8] .. ':' .. active .. ':' .. version)
local past = {'act', 'canary_started', 'version', version, 'who', ARGV[4], 'at', now, 'note', ARGV[5], 'before', active,
  'share', ARGV[8]}
add_overrides(past, ARGV[10], ARGV[11])
redis.call('XADD', key.policy_history, '*', unpack(past))
local entry = redis.call('XADD', key.log, '*', 'kind', 'canary_started', 'id', version, 'at', now, 'caller', ARGV[4],
  'details', cjson.encode({
    base = active, share = tonumber(ARGV[8]), note = ARGV[5], override = ARGV[10] == '1' or nil,
    override_gate = ARGV[11] == '1' or nil,
  }), unpack(signature))
redis.call('DEL', key.canary_state, key.canary_orders)
redis.call('HSET', key.canary_state, 'id', ARGV[1], 'version', version, 'base', active, 'share', ARGV[8], 'since', now,
  'who', ARGV[4], 'note', ARGV[5], 'terms', ARGV[9], 'cursor', entry)
redis.call('HSET', key.policy_operations, ARGV[1], change)
return {'done'}
