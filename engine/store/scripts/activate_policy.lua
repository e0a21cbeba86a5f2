-- Lets a published version decide: at once, from an instant on, or because it did so before the active one.
--
-- KEYS  1 policies  2 active policy  3 scheduled policies  4 policies before  5 history  6 acts  7 facts
-- ARGV  1 operation id  2 now (UTC seconds)  3 activated, scheduled or rolled_back  4 version  5 who  6 note
--       7 the instant from which it decides (scheduled)  8 the version that is to be active now (rolled_back)
--       9 the network version that it was checked against, or nothing if there was none
-- Answers {'done'}, or changes nothing: {'reused'} if the operation did something else before, {'missing'} if the
-- version was never published, {'past'} if the instant is over, {'network'} if the network is another by now than it was
-- checked against, {'changed'} if the active version is not the one expected or the one before it is not the one wanted.
local now, kind, version, since = ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local act = kind .. ' ' .. version .. ' ' .. since

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
local before = redis.call('HGET', KEYS[6], ARGV[1])
if before then
  return {before == act and 'done' or 'reused'}
end
if redis.call('HEXISTS', KEYS[1], version) == 0 then
  return {'missing'}
end
if kind == 'scheduled' and tonumber(since) <= tonumber(now) then
  return {'past'}
end
if (redis.call('HGET', KEYS[7], 'version') or '') ~= ARGV[9] then
  return {'network'}
end

-- what was scheduled and is due has been active since its instant, though nobody wrote it down
local active = redis.call('GET', KEYS[2])
local due = redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE')
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

local target = active
if kind == 'activated' then
  if version ~= active then
    if active then
      left[#left + 1] = active
    end
    target = version
  end
elseif kind == 'rolled_back' then
  local last = left[#left] or redis.call('LINDEX', KEYS[4], -1)
  if active ~= ARGV[8] or last ~= version then
    return {'changed'}
  end
  if not table.remove(left) then
    redis.call('RPOP', KEYS[4])
  end
  target = version
end

for _, gone in ipairs(left) do
  redis.call('RPUSH', KEYS[4], gone)
end
for _, entry in ipairs(due) do
  redis.call('ZREM', KEYS[3], entry)
end
if target then
  redis.call('SET', KEYS[2], target)
end
local said = {'act', kind, 'version', version, 'who', ARGV[5], 'at', now, 'note', ARGV[6]}
if kind == 'scheduled' then
  -- one version an instant: the last word counts
  redis.call('ZREMRANGEBYSCORE', KEYS[3], since, since)
  redis.call('ZADD', KEYS[3], since, since .. ':' .. version)
  said[#said + 1], said[#said + 2] = 'from', since
elseif active then
  said[#said + 1], said[#said + 2] = 'before', active
end
redis.call('XADD', KEYS[5], '*', unpack(said))
redis.call('HSET', KEYS[6], ARGV[1], act)
return {'done'}
