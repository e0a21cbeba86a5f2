-- Receipts: units of one SKU that are to come to one node, and the units of holds that stand on them (pegs). Needs
-- `facts`, `log`, `changed`, `offers`, `waiting`, `receipt_skus`, `closed_receipts`, `open_by_arrival`,
-- `closed_by_arrival`, `arriving`, `at_risk`, `expiring`, of each SKU what the part `stock_journal` does, changed_receipts
-- and changed_pegs, and that part and `lots`.
--
-- A receipt is stored as these words, with tabs between them; `stated` is the status that its last message gave it, and
-- `owned` 1 if a transfer or a return opened it, which alone then change it. In a script, the amounts are numbers.
local RECEIPT_WORDS = {
  'status', 'expected_at', 'quantity', 'received', 'promised', 'sequence', 'source', 'node', 'stated', 'owned',
}
local IS_AMOUNT = {expected_at = true, quantity = true, received = true, promised = true}
local IS_OPEN = {planned = true, confirmed = true, in_transit = true}
local WHOLE = 10000

local function receipt_of(text)
  local receipt, place = {}, 0
  for word in string.gmatch(text, '[^\t]+') do
    place = place + 1
    local name = RECEIPT_WORDS[place]
    receipt[name] = IS_AMOUNT[name] and tonumber(word) or word
  end
  return receipt
end

local function receipt_text(receipt)
  local words = {}
  for place, name in ipairs(RECEIPT_WORDS) do
    words[place] = IS_AMOUNT[name] and string.format('%.0f', receipt[name]) or receipt[name]
  end
  return table.concat(words, '\t')
end

-- The SKU in the key of its pegs.
local function sku_of(pegs_key)
  return string.match(pegs_key, '^{[^}]*}:pegs:(.*)$')
end

local function units_to_come(receipt)
  return IS_OPEN[receipt.status] and math.max(0, receipt.quantity - receipt.received) or 0
end

-- As `Reliance.usable` in engine/inbound/available_to_promise.py, of a receipt that may be counted on.
local function usable_units(receipt, haircut)
  return math.floor(units_to_come(receipt) * (WHOLE - haircut) / WHOLE) - receipt.promised
end

-- The units of holds that stand on a receipt: a list of {field, hold, number of the shipment, units, rank}, the first to
-- be served first. A peg is stored in the hash of its SKU, by receipt, hold and number on a line each, as the units and
-- the rank with a line break between them.
local function pegs_on(pegs_key, id)
  local pegs, start = {}, id .. '\n'
  local stored = redis.call('HGETALL', pegs_key)
  for place = 1, #stored, 2 do
    local field = stored[place]
    if string.sub(field, 1, #start) == start then
      local hold, number = string.match(field, '^[^\n]*\n(.*)\n(%d+)$')
      local units, rank = string.match(stored[place + 1], '^(%d+)\n(.*)$')
      pegs[#pegs + 1] = {field, hold, number, tonumber(units), rank}
    end
  end
  table.sort(pegs, function(one, other)
    if one[5] == other[5] then
      return one[1] < other[1]
    end
    return one[5] < other[5]
  end)
  return pegs
end

-- Takes units off a peg, or adds some.
local function change_peg(pegs_key, field, delta, rank)
  local units, stored_rank = string.match(redis.call('HGET', pegs_key, field) or '', '^(%d+)\n(.*)$')
  local left = (units or 0) + delta
  if left > 0 then
    redis.call('HSET', pegs_key, field, string.format('%.0f', left) .. '\n' .. (rank or stored_rank))
  else
    redis.call('HDEL', pegs_key, field)
  end
end

-- The units of one shipment of a hold that stand on receipts: a list of {receipt's id, receipt, field, units}, the last
-- to arrive first.
local function pegs_of(receipts_key, pegs_key, hold, number)
  local pegs, behind = {}, '\n' .. hold .. '\n' .. number
  if redis.call('EXISTS', pegs_key) == 0 then
    return pegs
  end
  local stored = redis.call('HGETALL', receipts_key)
  for place = 1, #stored, 2 do
    local field = stored[place] .. behind
    local units = string.match(redis.call('HGET', pegs_key, field) or '', '^(%d+)\n')
    if units then
      pegs[#pegs + 1] = {stored[place], receipt_of(stored[place + 1]), field, tonumber(units)}
    end
  end
  table.sort(pegs, function(one, other)
    if one[2].expected_at == other[2].expected_at then
      return one[1] > other[1]
    end
    return one[2].expected_at > other[2].expected_at
  end)
  return pegs
end
