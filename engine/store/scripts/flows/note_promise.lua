-- Notes of a shipment that is held how far it has come, or that its promise is at risk, and logs it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the request as JSON: the shipment's `number`, `before` and `after` as the field of the hold has it, and the
--       `fields` of the log entry
--       2 what tells another request under the same operation  3 what it is answered  4 for how many seconds the operation
--       is remembered
-- Answers {'done' or 'again', answer}, with that of the request that came first under this operation; {'reused'} if it was
-- used for another request; {'ended'} if nothing of the shipment is held any more; {'changed'} if the field is another one.
local request = cjson.decode(ARGV[1])
local call = redis.call

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local earlier = call('GET', key.operation)
if earlier then
  local before, answer = string.match(earlier, '^([^\n]*)\n(.*)$')
  return before == ARGV[2] and {'again', answer} or {'reused'}
end
local field = 'promise ' .. request.number
if call('HEXISTS', key.hold, request.number) == 0 then
  return {'ended'}
elseif (call('HGET', key.hold, field) or '') ~= request.before then
  return {'changed'}
end
call('HSET', key.hold, field, request.after)
call('XADD', key.log, '*', unpack(signed(request.fields)))
call('SET', key.operation, ARGV[2] .. '\n' .. ARGV[3], 'EX', ARGV[4])
return {'done', ARGV[3]}
