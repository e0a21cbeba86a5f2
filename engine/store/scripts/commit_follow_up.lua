-- Commits a decision with its linked writes, all of it or nothing: the entry under which its unfilled units wait for
-- stock, and of a follow-up decision its place in the order's chain and what it replaces. It replaces either the
-- waiting units of another decision, or units that a node rejected: those are then no longer held, and the node may
-- rest. The text of commit.lua is put before this, as the function `commit`.
--
-- Keys, by the names in script_keys.py; the rejected_ ones are those of the hold with the rejected units, and of each
-- SKU rejected.
-- ARGV  1 to 3 those of commit.lua  4 the linked writes as JSON (see follow_up_commit.py)  5 the body of a rejection's
--       log entry  6 number of claims
-- Answers as commit.lua does, {'key', decision id} also if this operation was done before; {'reused'} if the operation
-- was used for another request; {'chain'} if the order was decided again meanwhile; {'gone'} if the waiting units do
-- not wait any more; {'hold'} if the hold has changed or ended; {'crowded'} if no more decisions may wait.
local SECOND = 1000000
local linked = cjson.decode(ARGV[4])
local rejection = linked.rejection
local id, now = ARGV[1], tonumber(linked.now)

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if redis.call('HEXISTS', key.decisions, id) == 1 then
  return {'done'}
end
if linked.request then
  local earlier = redis.call('GET', key.operation)
  if earlier then
    local request, decision = string.match(earlier, '^([^\n]*)\n(.*)$')
    return request == linked.request and {'key', decision} or {'reused'}
  end
end
if linked.waiting_decision and redis.call('HEXISTS', key.backlog, linked.waiting_decision) == 0 then
  return {'gone'}
end
if linked.follow_ups and redis.call('LLEN', key.chain) ~= linked.follow_ups then
  return {'chain'}
end
if linked.waiting and not linked.waiting_decision and redis.call('HLEN', key.backlog) >= linked.most_waiting then
  return {'crowded'}
end
if rejection then
  if tonumber(redis.call('HGET', key.rejected_hold, 'until') or 0) <= now then
    return {'hold'}
  end
  for _, part in ipairs(rejection.parts) do
    if redis.call('HGET', key.rejected_hold, part.number) ~= part.before then
      return {'hold'}
    end
  end
end

local late = linked.waiting and changed_since(linked.seen, linked.waiting)
local answer = commit()
if answer[1] ~= 'done' then
  return answer
end

if linked.waiting_decision then
  stop_waiting(linked.waiting_decision)
end
if linked.waiting then
  begin_waiting(id, linked.waiting, linked.now, linked.seen, late)
end
if linked.follow_ups then
  redis.call('RPUSH', key.chain, id)
end
if linked.request then
  redis.call('SET', key.operation, linked.request .. '\n' .. id, 'EX', linked.seconds)
end
if not rejection then
  return answer
end

-- the rejected units are not held any more
local states, changed = {}, {}
for state in string.gmatch(redis.call('HGET', key.endings, rejection.id) or '', '%S+') do
  states[#states + 1] = state
end
for index = #states + 1, rejection.shipments do
  states[index] = '-'
end
local ended = false
for _, part in ipairs(rejection.parts) do
  for _, units in ipairs(part.units) do
    local held = key.rejected_held(units[1])
    changed[key.rejected_on_hand(units[1])] = true
    if redis.call('HINCRBY', held, rejection.node, string.format('%.0f', -units[2])) <= 0 then
      redis.call('HDEL', held, rejection.node)
    end
  end
  redis.call('HSET', key.rejections, rejection.id .. ' ' .. part.number, part.rejections)
  if part.after then
    redis.call('HSET', key.rejected_hold, part.number, part.after)
  else
    redis.call('HDEL', key.rejected_hold, part.number)
    states[tonumber(part.number) + 1] = 'rejected:' .. linked.now
    ended = true
    -- a node that says it is full gets no capacity of the day back
    if not rejection.full and tonumber(redis.call('HGET', key.rejected_load, rejection.node) or 0) > 0 then
      redis.call('HINCRBY', key.rejected_load, rejection.node, -1)
    end
  end
end
if ended then
  redis.call('HSET', key.endings, rejection.id, table.concat(states, ' '))
  local still_held = 0
  for _, field in ipairs(redis.call('HKEYS', key.rejected_hold)) do
    still_held = still_held + (tonumber(field) and 1 or 0)
  end
  if still_held == 0 then
    local caller = redis.call('HGET', key.rejected_hold, 'caller')
    if redis.call('HINCRBY', key.open_holds, caller, -1) <= 0 then
      redis.call('HDEL', key.open_holds, caller)
    end
    redis.call('DEL', key.rejected_hold)
    redis.call('ZREM', key.expiring, rejection.id)
  end
end

-- of several rests of a node the longest counts; those of any node that are over are removed
if linked.node_rest then
  local before = redis.call('HGETALL', key.resting)
  local longest = linked.node_rest['until']
  for index = 1, #before, 2 do
    local ends = tonumber(string.match(before[index + 1], '^%d+'))
    if ends <= now then
      redis.call('HDEL', key.resting, before[index])
    elseif before[index] == rejection.node then
      longest = math.max(longest, ends)
    end
  end
  if longest == linked.node_rest['until'] then
    redis.call('HSET', key.resting, rejection.node, linked.node_rest.stored)
  end
  if longest > tonumber(redis.call('HGET', key.facts, 'rests') or 0) then
    redis.call('HSET', key.facts, 'rests', string.format('%.0f', longest))
  end
end

-- What is on hand is set to what the node says, or else to what is still promised from it, unless the source that
-- counts it has sent a newer count.
local function set_on_hand(index, counted)
  local on_hand, base, stamp = key.rejected_on_hand(index), key.rejected_base(index), key.rejected_stamp(index)
  local there = tonumber(redis.call('HGET', on_hand, rejection.node) or 0)
  local promised = tonumber(redis.call('HGET', key.rejected_held(index), rejection.node) or 0)
  local kind, number = string.match(redis.call('HGET', stamp, rejection.node) or '', '^(%a) (%d+)')
  if kind == 't' and tonumber(number) >= (now + 1) * SECOND then
    return {'older', there}
  end
  local units = string.format('%.0f', counted or math.min(there, promised))
  redis.call('HSET', on_hand, rejection.node, units)
  redis.call('HDEL', base, rejection.node)
  if kind ~= 's' then
    local at = math.max(now * SECOND, tonumber(number or 0))
    redis.call('HSET', stamp, rejection.node, string.format('t %.0f %s', at, units))
  end
  return {'set', tonumber(units)}
end

local counts = {}
for _, count in ipairs(rejection.counts) do
  local outcome = set_on_hand(count.index, count.on_hand)
  changed[key.rejected_on_hand(count.index)] = true
  counts[#counts + 1] = {count.sku, outcome[1], outcome[2]}
end
offer(changed, note_changes(changed))
redis.call('XADD', key.log, '*', 'kind', 'rejected', 'id', rejection.id, 'at', linked.now, 'body', ARGV[5],
  'counted', #counts > 0 and cjson.encode(counts) or '[]')
return answer
