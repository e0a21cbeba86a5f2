-- Takes one step of a return, all of it or nothing: it is opened, received, inspected, disposed of or cancelled.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each SKU that moves.
-- No hold stands on a receipt that it opens, so there is no `pegged_hold`.
-- ARGV  1 the request as JSON (see flows/returns.py)  2 the log entry's body  3 number of SKUs
-- Answers {'done' or 'again', return}, with the return as the request left it that came first under this operation;
-- {'reused'} if the operation was used for another request; {'network'} if the network is another by now, and
-- {'loading'} while it is being loaded; {'receipt', id} if another receipt has the id of one that it is to open;
-- {'changed'} if the return, its order or what of that was shipped is not as it was read; {'lacking'} if fewer units
-- are in quarantine than are to leave it. Only 'done' changes anything.
local request = cjson.decode(ARGV[1])

-- the client library sends a write again if its answer was lost: it is answered again and not done twice
local earlier = redis.call('GET', key.operation)
if earlier then
  local name, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
  return name == request.operation and {'again', answer} or {'reused'}
end
if redis.call('HEXISTS', key.facts, 'load') == 1 then
  return {'loading'}
elseif redis.call('HGET', key.facts, 'version') ~= request.version then
  return {'network'}
end

if (redis.call('HGET', key.returns, request.id) or '') ~= request.before
    or (redis.call('HGET', key.order, 'returns') or '') ~= request.order_before
    or redis.call('LLEN', key.chain) ~= request.follow_ups or ended_differs(request.ended) then
  return {'changed'}
end
for _, move in ipairs(request.moves) do
  local index, node, quarantine = unpack(move, 1, 3)
  if quarantine < 0 and tonumber(redis.call('HGET', key.changed_quarantine(index), node) or 0) + quarantine < 0 then
    return {'lacking'}
  end
end
for _, moved in ipairs(request.moved) do
  if redis.call('HEXISTS', key.receipt_skus, moved[2]) == 1 then
    return {'receipt', moved[2]}
  end
end

local now, positions = tonumber(request.micros), {}
for _, move in ipairs(request.moves) do
  positions[#positions + 1] = {move[1], move[2]}
end
local instant = instant_of_change(positions, now)
local context = {now = request.now, micros = now, changed = {}, freed = {}, holds = {}}
local changed, moves, levels = context.changed, {}, {}
-- what is restocked at another place is on its way there
for _, moved in ipairs(request.moved) do
  local index, receipt, sku, node, units, expected_at = unpack(moved, 1, 6)
  announce(index, sku, receipt, {
    source = 'return', node = node, quantity = units, expected_at = expected_at, status = 'in_transit',
    stated = 'in_transit', sequence = '0', owned = '0',
  }, context)
end
for number, move in ipairs(request.moves) do
  local index, node, quarantine, on_hand, blocked = unpack(move, 1, 5)
  levels[number] = ''
  if quarantine ~= 0 and redis.call('HINCRBY', key.changed_quarantine(index), node, plain(quarantine)) == 0 then
    redis.call('HDEL', key.changed_quarantine(index), node)
  end
  if quarantine > 0 then
    redis.call('HINCRBY', key.facts, 'flow_starts', 1)
  end
  if on_hand ~= 0 and change_on_hand(index, node, plain(on_hand), instant, now) then
    moves[#moves + 1] = {index, node, plain(on_hand), instant}
    local after = tonumber(redis.call('HGET', key.changed_on_hand(index), node))
    local held = redis.call('HGET', key.changed_held(index), node) or '0'
    levels[number] = plain(after - on_hand) .. ' ' .. plain(after) .. ' ' .. held
    changed[key.changed_on_hand(index)], context.freed[key.changed_on_hand(index)] = true, true
  end
  block(index, node, plain(blocked))
end
offer(context.freed, note_changes(changed))

redis.call('HSET', key.returns, request.id, request.after)
redis.call('HSET', key.order, 'returns', request.order_after)
redis.call('ZADD', key.returns_opened, request.opened_at, request.id)
local fields = {'kind', request.kind, 'id', request.first, 'at', request.now, 'body', ARGV[2]}
if #moves > 0 then
  fields[#fields + 1], fields[#fields + 2] = 'moved_at', plain(instant)
  fields[#fields + 1], fields[#fields + 2] = 'levels', table.concat(levels, ',')
end
local entry = redis.call('XADD', key.log, '*', unpack(signed(fields)))
remember_moves(moves, entry, now)
redis.call('SET', key.operation, request.operation .. '\n' .. request.after, 'EX', request.seconds)
return {'done', request.after}
