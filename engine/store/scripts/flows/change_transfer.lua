-- Stores a transfer as it is from now on, with what becomes of its goods: units that leave its origin and are to come at
-- its goal, units that arrive there, or units that are back at its origin.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each line's SKU.
-- ARGV  1 the request as JSON (see transfers.py)
-- Answers {'done', the transfer's text}; {'again', that text} if the same operation came before; or changes nothing:
-- reused (the operation was used for another request), network (the network is another by now), more (more transfers were made than the request says), changed (so is the
-- transfer), policies (so are the policies), stock (so is what is on hand or held of what leaves), {'short', number of the
-- line, units that may leave} or {'receipt', number of the line} (a receipt is not as the transfer has it).
local request = cjson.decode(ARGV[1])
local micros = tonumber(request.micros)
local earlier = redis.call('GET', key.operation)
if earlier then
  local name, text = string.match(earlier, '^([^\n]*)\n(.*)$')
  return name == request.operation.request and {'again', text} or {'reused'}
end
if redis.call('HGET', key.facts, 'version') ~= request.network then
  return {'network'}
end
if request.made and redis.call('HLEN', key.open_transfers) + redis.call('HLEN', key.ended_transfers) ~= request.made then
  return {'more'}
end
local stored = redis.call('HGET', key.open_transfers, request.id) or redis.call('HGET', key.ended_transfers, request.id)
if (stored or '') ~= request.before then
  return {'changed'}
end
if request.policies then
  local due = redis.call('ZRANGE', key.scheduled_policies, request.now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
  if (due and string.match(due, ':(.+)') or redis.call('GET', key.active_policy)) ~= request.policies then
    return {'policies'}
  end
end

local positions = {}
for _, move in ipairs(request.moves) do
  positions[#positions + 1] = {move.index, move.node}
end
local latest = instant_of_change(positions, micros)
local at = math.min(latest, tonumber(request.at) or latest)
-- what the count that stands has already left before: nothing has to be there for it any more
for _, move in ipairs(request.moves) do
  if move.free and not is_counted(move.index, move.node, at, micros) then
    local on_hand = redis.call('HGET', key.changed_on_hand(move.index), move.node) or '0'
    local held = redis.call('HGET', key.changed_held(move.index), move.node) or '0'
    if on_hand ~= move.on_hand or held ~= move.held then
      return {'stock'}
    end
    if -move.delta > move.free then
      return {'short', tostring(move.index), plain(move.free)}
    end
  end
end
for _, opened in ipairs(request.opened) do
  if redis.call('HEXISTS', key.receipt_skus, opened.id) == 1 then
    return {'receipt', tostring(opened.index)}
  end
end
local function is_as_known(item)
  local receipt = stored_receipt(item.index, item.id)
  return receipt and receipt.owned == '1' and IS_OPEN[receipt.status] and units_to_come(receipt) == item.to_come
end
for _, list in ipairs({request.delivered, request.withdrawn}) do
  for _, item in ipairs(list) do
    if not is_as_known(item) then
      return {'receipt', tostring(item.index)}
    end
  end
end

local context = {now = request.now, micros = micros, changed = {}, freed = {}, holds = {}}
local moves, levels = {}, {}
for number, move in ipairs(request.moves) do
  local on_hand, delta = key.changed_on_hand(move.index), plain(move.delta)
  levels[number] = ''
  if change_on_hand(move.index, move.node, delta, at, micros) then
    moves[#moves + 1] = {move.index, move.node, delta, at}
    local after = tonumber(redis.call('HGET', on_hand, move.node))
    local held = redis.call('HGET', key.changed_held(move.index), move.node) or '0'
    levels[number] = plain(after - move.delta) .. ' ' .. plain(after) .. ' ' .. held
    context.changed[on_hand] = true
    context.freed[on_hand] = context.freed[on_hand] or move.delta > 0 or nil
  end
end
for _, opened in ipairs(request.opened) do
  announce(opened.index, opened.sku, opened.id, opened.message, context)
end
for _, item in ipairs(request.withdrawn) do
  announce(item.index, item.sku, item.id, item.message, context)
end
for _, item in ipairs(request.delivered) do
  receive(item.index, item.sku, item.id, item.delivery, context)
end
if request.is_open then
  redis.call('HSET', key.open_transfers, request.id, request.after)
else  -- for good
  redis.call('HDEL', key.open_transfers, request.id)
  redis.call('HSET', key.ended_transfers, request.id, request.after)
  redis.call('ZADD', key.ended_transfers_made, request.list_score, request.id)
end
local fields = {'kind', request.kind, 'id', request.id, 'at', request.now, 'details', request.details}
if #request.moves > 0 then
  for _, part in ipairs({'levels', table.concat(levels, ','), 'moved_at', plain(at)}) do
    fields[#fields + 1] = part
  end
end
local entry = redis.call('XADD', key.log, '*', unpack(signed(fields)))
remember_moves(moves, entry, micros)
offer(context.freed, note_changes(context.changed))
redis.call('SET', key.operation, request.operation.request .. '\n' .. request.after, 'EX', request.operation.seconds)
return {'done', request.after}
