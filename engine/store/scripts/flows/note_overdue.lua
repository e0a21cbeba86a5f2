-- Logs open receipts that did not come by when they were expected, each once, and notes that the promises that stand on
-- them are at risk.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each SKU of the receipts.
-- ARGV  1 the request as JSON: `now` (UTC seconds, as text), `receipts`, the ids, and `skus`
-- Answers how many these were.
local request = cjson.decode(ARGV[1])
local places, count = {}, 0
for place, sku in ipairs(request.skus) do
  places[sku] = place
end
for _, id in ipairs(request.receipts) do
  local expected_at = tonumber(redis.call('ZSCORE', key.arriving, id) or math.huge)
  local sku = redis.call('HGET', key.receipt_skus, id)
  local place = sku and places[sku]
  if place and expected_at <= tonumber(request.now) then
    local text = redis.call('HGET', key.changed_receipts(place), id)
    local receipt = text and receipt_of(text)
    local is_promised = receipt and receipt.promised > 0
    local standing = is_promised and units_of_pegs(pegs_on(key.changed_pegs(place), id)) or {}
    local details = {sku = sku, node = receipt and receipt.node, expected_at = expected_at}
    if #standing > 0 then
      details.standing = standing
      note_moved(standing, {receipt = id, sku = sku, node = details.node, at = request.now}, expected_at, nil)
    end
    redis.call('ZREM', key.arriving, id)
    redis.call('XADD', key.log, '*', 'kind', 'overdue', 'id', id, 'at', request.now, 'details', cjson.encode(details),
      unpack(signature))
    count = count + 1
  end
end
return count
