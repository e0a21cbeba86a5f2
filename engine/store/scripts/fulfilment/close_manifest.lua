-- Closes a manifest: its packings are handed over with it. All of it or nothing.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the request as JSON (see manifests.py); of each shipment its name, its text as it was read, and its text from
--       now on
-- Answers {'done' or 'again', answer}, with that of the request that came first under this operation; {'reused'} if it
-- was used for another request; {'changed'} if a shipment is not as it was read, or the id is taken.
local request = cjson.decode(ARGV[1])
local earlier = redis.call('GET', key.operation)
if earlier then
  local before, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
  return before == request.operation and {'again', answer} or {'reused'}
end
if redis.call('HEXISTS', key.manifests, request.id) == 1 then
  return {'changed'}
end
for _, shipment in ipairs(request.shipments) do
  if redis.call('HGET', key.shipments, shipment[1]) ~= shipment[2] then
    return {'changed'}
  end
end
for _, shipment in ipairs(request.shipments) do
  redis.call('HSET', key.shipments, shipment[1], shipment[3])
end
for _, field in ipairs(request.open_gone) do
  redis.call('HDEL', key.open_packings, field)
end
redis.call('HSET', key.manifests, request.id, request.after)
if request.go_on_at then
  redis.call('ZADD', key.unconfirmed_manifests, request.go_on_at, request.id)
end
queue_print(request.node, request.print, tonumber(request.micros))
redis.call('XADD', key.log, '*', unpack(signed({
  'kind', 'manifested', 'id', request.id, 'at', request.now, 'details', request.details,
})))
redis.call('SET', key.operation, request.operation .. '\n' .. request.answer, 'EX', request.seconds)
return {'done', request.answer}
