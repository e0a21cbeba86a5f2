-- Takes over what a message says of a receipt, or receives units of it, or both; logs that.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of the receipt's SKU, `pegged_hold` of each hold that
-- was found to stand on it.
-- ARGV  1 the request as JSON (see receipts.py)  2 number of SKUs, which is 1
-- Answers {word, the receipt's text or nothing, how many units are over}: the words are those of `announce` and `receive`;
-- again (the same operation came before, with the answer that it had); reused (the operation was used for another request);
-- network (the network is another by now). If a message is refused, nothing is received.
local request = cjson.decode(ARGV[1])
local id, sku = request.id, request.sku

if request.operation then
  local earlier = redis.call('GET', key.operation)
  if earlier then
    local name, over, text = string.match(earlier, '^([^\n]*)\n(%d+)\n(.*)$')
    if name ~= request.operation.request then
      return {'reused'}
    end
    return {'again', text, over}
  end
end
if redis.call('HGET', key.facts, 'version') ~= request.network then
  return {'network'}
end
local context = {now = request.now, micros = tonumber(request.micros), changed = {}, freed = {}, holds = {}}
for place, hold in ipairs(request.holds) do
  context.holds[hold] = place
end

local word, receipt, over
if request.message then
  word, receipt = announce(1, sku, id, request.message, context)
end
local is_taken = word == 'created' or word == 'changed'
if request.delivery and (not word or is_taken) then
  local received
  received, receipt, over = receive(1, sku, id, request.delivery, context)
  word = word or received
end
offer(context.freed, note_changes(context.changed))
local text = receipt and receipt_text(receipt) or ''
if request.operation and (is_taken or word == 'received') then
  local stored = request.operation.request .. '\n' .. plain(over or 0) .. '\n' .. text
  redis.call('SET', key.operation, stored, 'EX', request.operation.seconds)
end
return {word, text, plain(over or 0)}
