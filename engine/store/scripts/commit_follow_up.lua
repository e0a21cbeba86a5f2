-- Commits a decision with its linked writes, all of it or nothing: the entry under which its unfilled units wait for
-- stock, and of a follow-up decision its place in the order's chain and what it replaces. It replaces either the
-- waiting units of another decision, or units that a node rejected: those are then no longer held, and the node may
-- rest; or units of an order that is amended. The text of commit.lua is put before this, as the function `commit`.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each hold with replaced units, of each period in
-- whose load one counts, of each of their SKUs, and of what was taken of these in the periods of allotments.
-- ARGV  1 to 3 those of commit.lua  4 the linked writes as JSON (see follow_up_commit.py)  5 the body of a rejection's
--       log entry  6 number of loads  7 of claims  8 of keys of what was taken  9 of claims of receipts  10 of holds that
--       change  11 of the periods of their loads  12 of their SKUs
-- Answers as commit.lua does, {'key', decision id} also if this operation was done before; {'reused'} if the operation
-- was used for another request; {'chain'} if the order was decided again or changed meanwhile; {'gone'}
-- if the waiting units do not wait any more, or others wait with them; {'hold'} if a hold has changed or ended;
-- {'backorder', node, index of the SKU, units on hand} if units on backorder are to leave that are not there yet;
-- {'awaited', node, index of the SKU, receipt, when it is expected} if units that are still to come are to leave, or are
-- said to be damaged;
-- {'crowded'} if no more decisions may wait.
local SECOND = 1000000
local linked = cjson.decode(ARGV[4])
local rejection, amendment = linked.rejection, linked.amendment
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
if linked.waiting_decision and not is_entry(linked.waiting_decision, linked.waiting_before) then
  return {'gone'}
end
if linked.follow_ups and redis.call('LLEN', key.chain) ~= linked.follow_ups then
  return {'chain'}
end
local replaces_entry = linked.waiting_decision or amendment and #amendment.order.waiting > 0
if linked.waiting and not replaces_entry and redis.call('HLEN', key.backlog) >= linked.most_waiting
    and (linked.follow_ups or redis.call('HEXISTS', key.order, 'first') == 0) then
  return {'crowded'}
end
local micros, instant
if rejection then
  micros = tonumber(rejection.micros)
  for _, hold in ipairs(rejection.holds) do
    hold.rejected, hold.damaged = true, #rejection.blocked > 0
  end
  instant = instant_of_leaving(rejection.holds, micros, rejection.at)
  if tonumber(redis.call('HGET', key.changed_hold(1), 'until') or 0) <= now or holds_differ(rejection.holds) then
    return {'hold'}
  end
  local not_there = units_not_there(rejection.holds, instant, micros)
  if not_there then
    return not_there
  end
end

if amendment then
  if order_differs(amendment.order) then
    return {'chain'}
  elseif holds_differ(amendment.holds) then
    return {'hold'}
  end
  -- Lets go what the order held and decides again, in the midst of commit.lua: so it is free for this decision alone.
  function release_replaced()
    local changed, freed = {}, {}
    local _, _, unpegged = change_holds(amendment.holds, changed, freed)
    offer(freed, note_changes(changed))
    change_order(amendment.order, linked.now)
    add_unpegged(amendment.entry, unpegged)
    redis.call('XADD', key.log, '*', unpack(signed(amendment.entry)))
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
  redis.call('SET', key.operation, linked.request .. '\n' .. id .. (linked.answer or ''), 'EX', linked.seconds)
end
if amendment and amendment.parks then
  park(amendment)
end
if not rejection then
  return answer
end

-- the rejected units are not held any more; those of a short pick that left are not on hand either
local changed = {}
local moves, _, unpegged = change_holds(rejection.holds, changed, changed, instant, micros)
for _, fields in ipairs(rejection.entries) do
  fields[#fields + 1], fields[#fields + 2] = 'moved_at', plain(instant)
  local entry = redis.call('XADD', key.log, '*', unpack(signed(fields)))
  remember_moves(moves, entry, micros)
  log_confirm(rejection.confirmed, entry, linked.now, instant)
end
-- damaged ones are there, and not on hand
local damaged = {}
for _, units in ipairs(rejection.blocked) do
  if change_on_hand(units.index, rejection.node, -units.count, instant, micros) then
    damaged[#damaged + 1] = {units.index, rejection.node, -units.count, instant}
  end
  for _, lot in ipairs(units.lots or {}) do
    local place = rejection.node .. '\t' .. lot[1]
    if change_on_hand(units.index, place, -lot[2], instant, micros) then
      damaged[#damaged + 1] = {units.index, place, -lot[2], instant}
    end
  end
  block(units.index, rejection.node, units.count)
  changed[key.changed_on_hand(units.index)] = true
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

-- What is on hand is set to what the node says, at the instant that it states or now; or else to what is still promised
-- from it. It stays if the source that counts it has sent a newer count, or if what came and left since the stated
-- instant is not remembered.
local function set_on_hand(index, units)
  local on_hand, stamp = key.changed_on_hand(index), key.changed_stamp(index)
  local there = tonumber(redis.call('HGET', on_hand, rejection.node) or 0)
  local promised = tonumber(redis.call('HGET', key.changed_held(index), rejection.node) or 0)
  local kind, number = string.match(redis.call('HGET', stamp, rejection.node) or '', '^(%a) (%d+)')
  local stated, at = units and rejection.at, math.max(instant, instant_of_count(micros))
  local is_older = kind == 't' and tonumber(number) >= (stated or (now + 1) * SECOND)
  if stated then
    local _, counted_at = counted(index, rejection.node, micros)
    is_older = is_older or stated < math.max(counted_at, remembered_from(index, micros))
    at = math.min(at, stated)
  end
  if is_older then
    return {'older', math.max(0, there)}
  end
  units = units or math.max(0, math.min(there, promised))
  local after = count_on_hand(index, rejection.node, units, at)
  if kind ~= 's' then
    at = math.max(at, tonumber(number or 0))
    redis.call('HSET', stamp, rejection.node, string.format('t %.0f %.0f', at, units))
  end
  -- with what was on hand before and is after it, and what is held
  return {'set', units, there, after, promised}
end

local counts = {}
for _, count in ipairs(rejection.counts) do
  local outcome = set_on_hand(count.index, count.on_hand)
  changed[key.changed_on_hand(count.index)] = true
  counts[#counts + 1] = {count.sku, unpack(outcome)}
end
offer(changed, note_changes(changed))
local fields = {
  'kind', 'rejected', 'id', rejection.id, 'at', linked.now, 'body', ARGV[5],
  'counted', #counts > 0 and cjson.encode(counts) or '[]', 'moved_at', plain(instant),
}
add_unpegged(fields, unpegged)
local entry = redis.call('XADD', key.log, '*', unpack(signed(fields)))
remember_moves(damaged, entry, micros)
return answer
