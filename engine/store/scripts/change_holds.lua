-- Changes units of holds, all of it or nothing: goods left (confirmed), stay for other orders (released, cancelled), a
-- hold's time is over (expired), what was confirmed did not leave (undone), or the order is another one (amended). Units
-- that are cancelled or amended may also have waited, or have been nowhere.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each hold, of each period in whose load one counts,
-- of each SKU, then of what was taken of these in the periods of allotments.
-- ARGV  1 the request as JSON (see change_script.py)  2 number of holds  3 number of those periods  4 number of SKUs
-- Answers {'done' or 'again', answer}, with the answer of the request that came first under this operation; {'reused'}
-- if the operation was used for another request; {'changed'} if anything is not as it was read; {'lacking', node, index
-- of the SKU, units free} if a position lacks the units; {'backorder', node, index of the SKU, units on hand} if units on
-- backorder are to leave that are not there yet; {'awaited', node, index of the SKU, receipt, when it is expected} if units
-- are to leave that are still to come; {'loading'} if goods are to leave while a network is being
-- loaded, which has to be completed first. Only 'done' changes any units.
local request = cjson.decode(ARGV[1])
local holds = request.holds

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if request.operation then
  local earlier = redis.call('GET', key.operation)
  if earlier then
    local name, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
    return name == request.operation and {'again', answer} or {'reused'}
  end
end
-- what else says when a hold expires is made to fit it: nothing else may be asked to end it again and again
if request.expires then
  local ends = redis.call('HGET', key.changed_hold(1), 'until')
  if not ends then
    redis.call('ZREM', key.expiring, request.expires)
    return {'changed'}
  elseif tonumber(ends) > tonumber(request.now) then
    redis.call('ZADD', key.expiring, ends, request.expires)
    return {'changed'}
  end
end
local order = request.order
-- what came back had left: a confirm of it can't be undone
local guard = request.not_returned
local returns_differ = guard
  and ((redis.call('HGET', key.order, 'returns') or '') ~= guard.returns or ended_differs(guard.ended))
if holds_differ(holds) or order and order_differs(order) or returns_differ then
  return {'changed'}
end
local now = tonumber(request.micros)
local instant = request.moves and instant_of_leaving(holds, now, request.left_at)
local lacking = units_lacking(holds, instant, now)
if lacking then
  return {'lacking', unpack(lacking)}
end
local not_there = units_not_there(holds, instant, now)
if not_there then
  return not_there
end
-- A load puts a SKU's stock in place of what is on hand, so goods that left before that would be on hand again.
if request.moves and redis.call('HEXISTS', key.facts, 'load') == 1 then
  return {'loading'}
end

local changed, freed = {}, {}
local moves, returned, unpegged = change_holds(holds, changed, freed, instant, now)
offer(freed, note_changes(changed))
for place, fields in ipairs(request.entries) do
  if place == 1 then
    add_unpegged(fields, unpegged)
  end
  if returned ~= '' then
    fields[#fields + 1], fields[#fields + 2] = 'taken', returned
  end
  if instant then
    fields[#fields + 1], fields[#fields + 2] = 'moved_at', plain(instant)
  end
  local entry = redis.call('XADD', key.log, '*', unpack(signed(fields)))
  remember_moves(moves, entry, now)
  log_confirm(request.confirmed, entry, request.now, instant)
end
if order then
  change_order(order, request.now)
end
if request.operation then
  redis.call('SET', key.operation, request.operation .. '\n' .. request.answer, 'EX', request.seconds)
end
return {'done', request.answer}
