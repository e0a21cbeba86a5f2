-- Stores a shipment as it is packed from now on: with numbers for its new parcels, the index of numbers, the log, what is
-- to be printed, and what its promise knows of it. All of it or nothing.
--
-- Keys, by the names in script_keys.py. Texts may have places for numbers that are taken here (see
-- parts/number_taking.lua).
-- ARGV  1 the request as JSON (see shipment_change.py)  2 the addressee, encrypted; empty: as it is
--       then field and encrypted text of each label that is stored
-- Answers {'done' or 'again', answer}, with that of the request that came first under this operation; {'reused'} if it
-- was used for another request; {'changed'} if the shipment or its hold is not as it was read; {'erased'} if the order
-- was; what `take_numbers` says if there are not enough numbers. Only 'done' changes anything.
local FIRST_LABEL = 3
local request = cjson.decode(ARGV[1])

-- the client library sends a write again if its answer was lost: it is answered again and not done twice
local earlier = redis.call('GET', key.operation)
if earlier then
  local before, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
  return before == request.operation and {'again', answer} or {'reused'}
end
if request.needs_key and is_erased(request.first) then
  return {'erased'}
end
local function is_as_read(name, field, before)
  return (redis.call('HGET', name, field) or '') == before
end
local hold = request.hold
if not is_as_read(key.shipments, request.shipment, request.before)
    or hold and not (is_as_read(key.hold, hold.number, hold.body)
      and is_as_read(key.endings, hold.decision, hold.endings)
      and is_as_read(key.shipment_units, hold.decision .. ' ' .. hold.number, hold.units)
      and is_as_read(key.hold, 'promise ' .. hold.number, hold.promise)) then
  return {'changed'}
end

for _, number in ipairs(request.supplied_numbers) do
  local place = redis.call('HGET', key.parcel_numbers, number)
  if place and string.sub(place, 1, #request.shipment + 1) ~= request.shipment .. '/' then
    return {'changed'}
  end
end

local with_numbers, lacking = take_numbers(request.taken_numbers)
if not with_numbers then
  return lacking
end

redis.call('HSET', key.shipments, request.shipment, with_numbers(request.after))
for _, item in ipairs(request.numbers) do
  redis.call('HSET', key.parcel_numbers, with_numbers(item[1]), item[2])
end
for _, number in ipairs(request.numbers_gone) do
  redis.call('HDEL', key.parcel_numbers, number)
end
for _, item in ipairs(request.open) do
  redis.call('HSET', key.open_packings, item[1], item[2])
end
for _, field in ipairs(request.open_gone) do
  redis.call('HDEL', key.open_packings, field)
end
for _, field in ipairs(request.labels_gone) do
  redis.call('HDEL', key.parcel_labels, field)
  redis.call('ZREM', key.labels_stored, field)
end
for place = FIRST_LABEL, #ARGV, 2 do
  redis.call('HSET', key.parcel_labels, ARGV[place], ARGV[place + 1])
  redis.call('ZADD', key.labels_stored, request.now, ARGV[place])
end
if ARGV[2] ~= '' then
  redis.call('HSET', key.addressees, request.order, ARGV[2])
end
local is_packed = request.kind == 'packed' or request.kind == 'packing_begun'
if is_packed and redis.call('HEXISTS', key.addressees, request.order) == 1 then  -- for as long as a return may come
  redis.call('ZADD', key.addressees_stored, request.now, request.order)
end
if request.promise then
  redis.call('HSET', key.hold, 'promise ' .. hold.number, request.promise.after)
  if request.promise.fields then
    redis.call('XADD', key.log, '*', unpack(signed(request.promise.fields)))
  end
end
if request.go_on_at then
  redis.call('ZADD', key.unfinished_packings, request.go_on_at, request.packing)
else
  redis.call('ZREM', key.unfinished_packings, request.packing)
end
queue_print(request.node, request.print, tonumber(request.micros))
if request.on_its_way == 'begins' then
  begin_tracking(request.shipment)
elseif request.on_its_way == 'ends' then
  end_tracking(request.shipment)
end
redis.call('XADD', key.log, '*', unpack(signed({
  'kind', request.kind, 'id', request.decision, 'at', request.now, 'details', with_numbers(request.details),
})))
redis.call('SET', key.operation, request.operation .. '\n' .. request.answer, 'EX', request.seconds)
return {'done', request.answer}
