-- Stores the label of a return as it is from now on: with numbers for its parcel, what a carrier sold, and the log. All of
-- it or nothing.
--
-- Keys, by the names in script_keys.py. Texts may have places for numbers that are taken here (see
-- parts/number_taking.lua).
-- ARGV  1 the request as JSON (see return_labels.py)  2 the label that a carrier sold, encrypted; empty: none
-- Answers {'done' or 'again', the return as it was left by this request, or by the one that came first under this
-- operation}; {'reused'} if it was used for another request; {'changed'} if the return is not as it was read; {'erased'} if
-- its order was; what `take_numbers` says if there are not enough numbers. Only 'done' changes anything.
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
if (redis.call('HGET', key.returns, request.id) or '') ~= request.before then
  return {'changed'}
end

local with_numbers, lacking = take_numbers(request.taken_numbers)
if not with_numbers then
  return lacking
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
