-- Takes in what is known now of where the parcels of a shipment are, counts those that came on time, and logs it.
--
-- Keys, by the names in script_keys.py; tracked is that of the shipment.
-- ARGV  1 the request as JSON: `shipment`, DECISION/NUMBER; `numbers`, pairs of a number of a parcel and the place that
--       the index must have for it; `changes` and `before`, how often this was changed and the state, as they were read;
--       `events`, pairs of an SSCC and its events; `heard`, when something was heard of it last, and `looked`, up to which packing
--       a turn has looked at it, '' if neither was; `after`, the
--       state from now on, and `fields`, those of the log entry, both left out if the state stays; `counts`, pairs of a
--       field and how many more it counts; `carriers`, the carriers whose events are new; `open` and `unraised`, the instants in these lists, '' if it leaves them
--       2 seconds that events are kept once the shipment is over, 3 and that it is known when a carrier was heard of
-- Answers 'done'; or, and nothing is changed, 'changed' if it was changed since it was read, 'gone' if a number is not
-- that of this shipment any more.
local request = cjson.decode(ARGV[1])
local call = redis.call

for _, pair in ipairs(request.numbers) do
  if call('HGET', key.parcel_numbers, pair[1]) ~= pair[2] then
    return 'gone'
  end
end
if (call('HGET', key.tracked, 'changes') or '0') ~= request.changes
  or (call('HGET', key.tracking_states, request.shipment) or '') ~= request.before then
  return 'changed'
end
call('HINCRBY', key.tracked, 'changes', 1)
for _, name in ipairs({'heard', 'looked'}) do
  if request[name] ~= '' then
    call('HSET', key.tracked, name, request[name])
  end
end
for _, pair in ipairs(request.events) do
  call('HSET', key.tracked, pair[1], pair[2])
end
for _, carrier in ipairs(request.carriers) do
  call('ZADD', key.heard_carriers, 'GT', request.heard, carrier)
  call('ZREMRANGEBYSCORE', key.heard_carriers, '-inf', request.heard - ARGV[3])
end
if request.open == '' then  -- it is over, and may be asked about for some time
  call('EXPIRE', key.tracked, ARGV[2])
else
  call('PERSIST', key.tracked)
end
for list, due in pairs({tracking_open = request.open, tracking_unraised = request.unraised}) do
  if due == '' then
    call('ZREM', key[list], promise_member(request.shipment))
  else
    call('ZADD', key[list], due, promise_member(request.shipment))
  end
end
if request.after then
  call('HSET', key.tracking_states, request.shipment, request.after)
  for _, pair in ipairs(request.counts) do
    if call('HINCRBY', key.on_time, pair[1], pair[2]) == 0 then
      call('HDEL', key.on_time, pair[1])
    end
  end
  call('XADD', key.log, '*', unpack(signed(request.fields)))
end
return 'done'
