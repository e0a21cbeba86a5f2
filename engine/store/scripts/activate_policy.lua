-- Makes a published version active: at once, from an instant on, or because it was active before the one that is now.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 now (UTC seconds)  3 activated, scheduled or rolled_back  4 version  5 who  6 note
--       7 the instant from which it is active (scheduled)  8 the version that is to be active now (rolled_back)
--       9 the network version that it was checked against, or nothing if none was loaded
--       10 '1' if nobody else approved it, though somebody should  11 '1' if its gate did not pass
--       12 the version that was active when its gate was looked at, nothing if none was, or 'any' if any may be
-- Answers {'done'}, or changes nothing: {'stands'} if the version that is to be activated is active, {'reused'} if the
-- operation did something else before, {'missing'} if the version was never published, {'past'} if the instant is over,
-- {'network'} if the network is another by now than it was checked against, {'active'} if another version is active than
-- when its gate was looked at, {'changed'} if the active version is not the one expected, or the one before it is not
-- `version`.
local now, kind, version, since = ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local change = kind .. ' ' .. version .. ' ' .. since

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before == change .. ' stands' then
  return {'stands'}
end
if before then
  return {before == change and 'done' or 'reused'}
end
if redis.call('HEXISTS', key.policies, version) == 0 then
  return {'missing'}
end
if kind == 'scheduled' and tonumber(since) <= tonumber(now) then
  return {'past'}
end
if (redis.call('HGET', key.facts, 'version') or '') ~= ARGV[9] then
  return {'network'}
end

-- a scheduled version that is due has been active since its instant, though active_policy does not say so yet
log_due_activations(now)
local active = redis.call('GET', key.active_policy)
local due = redis.call('ZRANGE', key.scheduled_policies, '-inf', now, 'BYSCORE')
local left = {}
for _, entry in ipairs(due) do
  local next = string.match(entry, ':(.+)')
  if next ~= active then
    if active then
      left[#left + 1] = active
    end
    active = next
  end
end

if ARGV[12] ~= 'any' and (active or '') ~= ARGV[12] then
  return {'active'}
end

if kind == 'activated' and version == active then
  redis.call('HSET', key.policy_operations, ARGV[1], change .. ' stands')
  return {'stands'}
end

local target = active
if kind == 'activated' then
  if active then
    left[#left + 1] = active
  end
  target = version
elseif kind == 'rolled_back' then
  local last = left[#left] or redis.call('LINDEX', key.policies_before, -1)
  if active ~= ARGV[8] or last ~= version then
    return {'changed'}
  end
  if not table.remove(left) then
    redis.call('RPOP', key.policies_before)
  end
  target = version
end

for _, gone in ipairs(left) do
  redis.call('RPUSH', key.policies_before, gone)
end
for _, entry in ipairs(due) do
  redis.call('ZREM', key.scheduled_policies, entry)
  redis.call('HDEL', key.logged_activations, entry)
end
if target then
  redis.call('SET', key.active_policy, target)
end
if target then
  end_canary_beside_another(target, now)
end
local entry = {'act', kind, 'version', version, 'who', ARGV[5], 'at', now, 'note', ARGV[6]}
local replaced
if kind == 'scheduled' then
  -- one version an instant: the one scheduled last counts
  replaced = redis.call('ZRANGE', key.scheduled_policies, since, since, 'BYSCORE')[1]
  redis.call('ZREMRANGEBYSCORE', key.scheduled_policies, since, since)
  redis.call('ZADD', key.scheduled_policies, since, since .. ':' .. version)
  entry[#entry + 1], entry[#entry + 2] = 'from', since
elseif active then
  entry[#entry + 1], entry[#entry + 2] = 'before', active
end
add_overrides(entry, ARGV[10], ARGV[11])
redis.call('XADD', key.policy_history, '*', unpack(entry))
redis.call('HSET', key.policy_operations, ARGV[1], change)
if kind == 'scheduled' then
  redis.call('XADD', key.log, '*', 'kind', 'scheduled', 'id', version, 'at', now, 'details', cjson.encode({
    since = tonumber(since), note = ARGV[6], override = ARGV[10] == '1' or nil,
    override_gate = ARGV[11] == '1' or nil,
    replaces = replaced and string.match(replaced, ':(.+)'),
  }), unpack(signature))
else
  log_activation(target, active, now, ARGV[5], kind, ARGV[6], signature, ARGV[10] == '1', ARGV[11] == '1')
end
return {'done'}
