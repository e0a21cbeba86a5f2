-- Stores the label of a return as it is from now on: with numbers for its parcel, what a carrier sold, and the log. All of
-- it or nothing.
--
-- Keys, by the names in script_keys.py. Texts may have places for numbers that are taken here, as in change_shipment.lua.
-- ARGV  1 the request as JSON (see return_labels.py)  2 the label that a carrier sold, encrypted; empty: none
-- Answers {'done' or 'again', the return as it was left by this request, or by the one that came first under this
-- operation}; {'reused'} if it was used for another request; {'changed'} if the return is not as it was read; {'erased'} if
-- its order was; {'reserve'}, {'exhausted'} or {'numbers', why} as change_shipment.lua does. Only 'done' changes anything.
local ERASED = 'erased:'
local request = cjson.decode(ARGV[1])

-- the client library sends a write again if its answer was lost: it is answered again and not done twice
local earlier = redis.call('GET', key.operation)
if earlier then
  local before, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
  return before == request.operation and {'again', answer} or {'reused'}
end
local secret = redis.call('HGET', key.order_keys, request.first)
if request.needs_key and secret and string.sub(secret, 1, #ERASED) == ERASED then
  return {'erased'}
end
if (redis.call('HGET', key.returns, request.id) or '') ~= request.before then
  return {'changed'}
end

-- if there is no tracking number, the SSCC is put back
local taken, next_serial = {}, 0
if request.token ~= '' then
  local serials = redis.call('HGET', key.serials, request.range.name)
  taken, next_serial = take_ssccs(request.range, 1)
  if not taken then
    return {next_serial}
  end
  local tracking, why = {}, ''
  if #request.tracking > 0 then
    tracking, why = take_tracking_numbers(
      key.tracking_serials, key.parcel_numbers, request.tracking, 1, run_of_server()
    )
    if not tracking then
      redis.call('HSET', key.serials, request.range.name, serials)
      return {'numbers', why}
    end
  end
  taken.S1, taken.T1, taken.NEXT, taken.RANGES = taken[1], tracking[1], string.format('%.0f', next_serial), why
end
local function with_numbers(text)
  if request.token == '' then
    return text
  end
  return (string.gsub(text, request.token .. '(%a+%d*)', taken))
end

local after = with_numbers(request.after)
redis.call('HSET', key.returns, request.id, after)
if ARGV[2] ~= '' then
  redis.call('HSET', key.parcel_labels, request.label, ARGV[2])
  redis.call('ZADD', key.labels_stored, request.now, request.label)
elseif request.label_gone then
  redis.call('HDEL', key.parcel_labels, request.label)
  redis.call('ZREM', key.labels_stored, request.label)
end
if request.go_on_at then
  redis.call('ZADD', key.unfinished_return_labels, request.go_on_at, request.id)
else
  redis.call('ZREM', key.unfinished_return_labels, request.id)
end
if request.late_purchase then
  redis.call('ZADD', key.late_purchases, request.late_purchase.at, request.late_purchase.name)
end
redis.call('XADD', key.log, '*', unpack(signed({
  'kind', request.kind, 'id', request.first, 'at', request.now, 'details', with_numbers(request.details),
})))
redis.call('SET', key.operation, request.operation .. '\n' .. after, 'EX', request.seconds)
return {'done', after}
