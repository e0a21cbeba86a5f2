-- Commits a decision with what belongs to it: its unfilled units wait; or it decides again the waiting units of another
-- decision, or those a node rejected, which is no more held then, and that may rest from now on. All of it or none.
-- commit.lua is put before this, as the function `commit`.
--
-- KEYS  1 backlog  2 chain  3 operation  4 hold  5 expiring  6 endings  7 rejections  8 load of the hold's day
--       9 open holds  10 log, then on_hand, held and stamp and base of each SKU rejected; then the keys of commit.lua
-- ARGV  1 number of keys before those of commit.lua  2 what belongs to it, as JSON (see follow_up_commit.py)
--       3 the log's entry of a rejection; then the arguments of commit.lua
-- Answers as commit.lua does; {'key', decision id} also if this rejection came before, {'reused'} if its operation was
-- another; {'chain'} if the order was decided again meanwhile; {'gone'} if what waited waits no more; {'hold'} if the
-- hold has changed; {'crowded'} if no more may wait.
local SECOND = 1000000
local linked = cjson.decode(ARGV[2])
local rejection = linked.rejection
local keys, arguments = {}, {}
for index = tonumber(ARGV[1]) + 1, #KEYS do
  keys[#keys + 1] = KEYS[index]
end
for index = 4, #ARGV do
  arguments[#arguments + 1] = ARGV[index]
end
local id, now = arguments[1], tonumber(linked.now)

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if redis.call('HEXISTS', keys[1], id) == 1 then
  return {'done'}
end
if linked.request then
  local earlier = redis.call('GET', KEYS[3])
  if earlier then
    local asked, decision = string.match(earlier, '^([^\n]*)\n(.*)$')
    return asked == linked.request and {'key', decision} or {'reused'}
  end
end
if linked.waiting_decision and redis.call('HEXISTS', KEYS[1], linked.waiting_decision) == 0 then
  return {'gone'}
end
if linked.follow_ups and redis.call('LLEN', KEYS[2]) ~= linked.follow_ups then
  return {'chain'}
end
if linked.waiting and not linked.waiting_decision then
  if redis.call('HLEN', KEYS[1]) >= linked.most then
    return {'crowded'}
  end
end
if rejection then
  if tonumber(redis.call('HGET', KEYS[4], 'until') or 0) <= now then
    return {'hold'}
  end
  for _, part in ipairs(rejection.parts) do
    if redis.call('HGET', KEYS[4], part.number) ~= part.before then
      return {'hold'}
    end
  end
end

local answer = commit(keys, arguments)
if answer[1] ~= 'done' then
  return answer
end

if linked.waiting_decision then
  redis.call('HDEL', KEYS[1], linked.waiting_decision)
end
if linked.waiting then
  redis.call('HSET', KEYS[1], id, linked.waiting)
end
if linked.follow_ups then
  redis.call('RPUSH', KEYS[2], id)
end
if linked.request then
  redis.call('SET', KEYS[3], linked.request .. '\n' .. id, 'EX', linked.seconds)
end
if not rejection then
  return answer
end

local function key_of(index, kind)
  return KEYS[10 + 4 * index + kind]
end

-- what was rejected is not held any more
local states = {}
for state in string.gmatch(redis.call('HGET', KEYS[6], rejection.id) or '', '%S+') do
  states[#states + 1] = state
end
for index = #states + 1, rejection.shipments do
  states[index] = '-'
end
local ended = false
for _, part in ipairs(rejection.parts) do
  for _, units in ipairs(part.units) do
    local held = key_of(units[1], 2)
    if redis.call('HINCRBY', held, rejection.node, string.format('%.0f', -units[2])) <= 0 then
      redis.call('HDEL', held, rejection.node)
    end
  end
  redis.call('HSET', KEYS[7], rejection.id .. ' ' .. part.number, part.rejections)
  if part.after then
    redis.call('HSET', KEYS[4], part.number, part.after)
  else
    redis.call('HDEL', KEYS[4], part.number)
    states[tonumber(part.number) + 1] = 'rejected:' .. linked.now
    ended = true
    -- a node that says it is full has no room to give back
    if not rejection.full and tonumber(redis.call('HGET', KEYS[8], rejection.node) or 0) > 0 then
      redis.call('HINCRBY', KEYS[8], rejection.node, -1)
    end
  end
end
if ended then
  redis.call('HSET', KEYS[6], rejection.id, table.concat(states, ' '))
  local living = 0
  for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
    living = living + (tonumber(field) and 1 or 0)
  end
  if living == 0 then
    local caller = redis.call('HGET', KEYS[4], 'caller')
    if redis.call('HINCRBY', KEYS[9], caller, -1) <= 0 then
      redis.call('HDEL', KEYS[9], caller)
    end
    redis.call('DEL', KEYS[4])
    redis.call('ZREM', KEYS[5], rejection.id)
  end
end

-- of several rests the longest counts, and those that are over go
if linked.node_rest then
  local facts, resting = keys[3], keys[11]
  local before = redis.call('HGETALL', resting)
  local longest = linked.node_rest['until']
  for index = 1, #before, 2 do
    local ends = tonumber(string.match(before[index + 1], '^%d+'))
    if ends <= now then
      redis.call('HDEL', resting, before[index])
    elseif before[index] == rejection.node then
      longest = math.max(longest, ends)
    end
  end
  if longest == linked.node_rest['until'] then
    redis.call('HSET', resting, rejection.node, linked.node_rest.stored)
  end
  if longest > tonumber(redis.call('HGET', facts, 'rests') or 0) then
    redis.call('HSET', facts, 'rests', string.format('%.0f', longest))
  end
end

-- what is on hand is what the node says, unless the source that counts it has said something newer
local function count(index, said)
  local on_hand, held, stamp, base = key_of(index, 1), key_of(index, 2), key_of(index, 3), key_of(index, 4)
  local there = tonumber(redis.call('HGET', on_hand, rejection.node) or 0)
  local promised = tonumber(redis.call('HGET', held, rejection.node) or 0)
  local kind, number = string.match(redis.call('HGET', stamp, rejection.node) or '', '^(%a) (%d+)')
  if kind == 't' and tonumber(number) >= (now + 1) * SECOND then
    return {'older', there}
  end
  local units = string.format('%.0f', said or math.min(there, promised))
  redis.call('HSET', on_hand, rejection.node, units)
  redis.call('HDEL', base, rejection.node)
  if kind ~= 's' then
    local at = math.max(now * SECOND, tonumber(number or 0))
    redis.call('HSET', stamp, rejection.node, string.format('t %.0f %s', at, units))
  end
  return {'set', tonumber(units)}
end

local counted = {}
for _, item in ipairs(rejection.counts) do
  local found = count(item.index, item.said)
  counted[#counted + 1] = {item.sku, found[1], found[2]}
end
redis.call('XADD', KEYS[10], '*', 'kind', 'rejected', 'id', rejection.id, 'at', linked.now, 'body', ARGV[3],
  'counted', #counted > 0 and cjson.encode(counted) or '[]')
return answer
