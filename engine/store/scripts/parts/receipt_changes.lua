-- Changes of receipts: what is announced, and what is received. A script that opens or receives one calls `announce` or
-- `receive`, which log it; other scripts of stock in motion may call both for receipts of their own. Needs `facts`, `log`,
-- `receipt_skus`, `closed_receipts`, `open_by_arrival`, `closed_by_arrival`, `arriving`, `at_risk`, `expiring`, of each SKU
-- changed_receipts, changed_pegs and what `stock_journal` needs, `pegged_hold` of each hold, and the parts `lots`, `stock_journal` and
-- `receipts`.
--
-- `context` is {now, micros, changed, freed, holds}: UTC seconds and microseconds; tables to which the keys of what is on
-- hand of SKUs are added whose stock changed, or of which units came free; and, by id, the numbers of the holds that were
-- found to stand on the receipt.

local function stored_receipt(index, id)
  local text = redis.call('HGET', key.changed_receipts(index), id) or redis.call('HGET', key.closed_receipts, id)
  return text and receipt_of(text)
end

-- Says among the facts whether any receipt is open: snapshots read receipts only then.
local function note_whether_any_is_open()
  if redis.call('EXISTS', key.open_by_arrival) == 1 then
    redis.call('HSET', key.facts, 'receipts', '1')
  else
    redis.call('HDEL', key.facts, 'receipts')
  end
end

local function store_receipt(index, sku, id, receipt)
  local text = receipt_text(receipt)
  redis.call('HSET', key.receipt_skus, id, sku)
  if IS_OPEN[receipt.status] then
    redis.call('HSET', key.changed_receipts(index), id, text)
    redis.call('HDEL', key.closed_receipts, id)
    redis.call('ZADD', key.open_by_arrival, receipt.expected_at, id)
    redis.call('ZREM', key.closed_by_arrival, id)
  else
    redis.call('HDEL', key.changed_receipts(index), id)
    redis.call('HSET', key.closed_receipts, id, text)
    redis.call('ZADD', key.closed_by_arrival, receipt.expected_at, id)
    redis.call('ZREM', key.open_by_arrival, id)
    redis.call('ZREM', key.arriving, id)
  end
  note_whether_any_is_open()
end

-- Of pegs, {hold, number of the shipment, units}, as the log has them.
local function units_of_pegs(pegs)
  local list = {}
  for place, peg in ipairs(pegs) do
    list[place] = {peg[2], peg[3], peg[4]}
  end
  return list
end

-- Notes that promises may not be kept, and why: `pegs` are as `units_of_pegs` answers them, `cause` is what JSON says beside
-- the units.
local function note_at_risk(pegs, cause)
  for _, peg in ipairs(pegs) do
    local field = peg[1] .. ' ' .. peg[2]
    local mark = {units = tonumber(peg[3])}
    for name, value in pairs(cause) do
      mark[name] = value
    end
    redis.call('HSET', key.at_risk, field, cjson.encode(mark))
  end
end

-- Notes of promises whose receipt is expected at another instant by now, `expected_at`, or did not come in time (nil), that
-- they may not be kept; or that they may, where it comes no later than it was to come before its first delay. `pegs` and
-- `cause` are as in `note_at_risk`; `before` is when it was expected.
local function note_moved(pegs, cause, before, expected_at)
  for _, peg in ipairs(pegs) do
    local field = peg[1] .. ' ' .. peg[2]
    local text = redis.call('HGET', key.at_risk, field)
    local mark = text and cjson.decode(text)
    local is_late = mark and mark.cause == 'late' and mark.receipt == cause.receipt
    local promised_on = is_late and mark.promised_on or before
    if not expected_at or expected_at > promised_on then
      cause.cause, cause.expected_at, cause.promised_on = 'late', expected_at, promised_on
      note_at_risk({peg}, cause)
    elseif is_late then
      redis.call('HDEL', key.at_risk, field)
    end
  end
end

-- Lets units of holds stand on what is on hand instead of a receipt: as many as `arrived`, the first to be served first;
-- then as many as the receipt does not have any more, the last to be served first. Answers both, as lists of {hold, number
-- of the shipment, units as text}.
local function settle(index, id, receipt, arrived)
  local loses = receipt.promised > units_to_come(receipt)
  local pegs = receipt.promised > 0 and (arrived > 0 or loses) and pegs_on(key.changed_pegs(index), id) or {}
  local on_stock, lost = {}, {}
  local function unpeg(peg, units, list)
    change_peg(key.changed_pegs(index), peg[1], -units)
    peg[4] = peg[4] - units
    receipt.promised = receipt.promised - units
    redis.call('HINCRBY', key.changed_held(index), receipt.node, string.format('%.0f', units))
    list[#list + 1] = {peg[2], peg[3], string.format('%.0f', units)}
  end
  for _, peg in ipairs(pegs) do
    local units = math.min(peg[4], arrived)
    if units > 0 then
      unpeg(peg, units, on_stock)
      arrived = arrived - units
    end
  end
  for place = #pegs, 1, -1 do
    local units = math.min(pegs[place][4], receipt.promised - units_to_come(receipt))
    if units > 0 then
      unpeg(pegs[place], units, lost)
    end
  end
  return on_stock, lost
end

local function available_units(index, node)
  local on_hand = tonumber(redis.call('HGET', key.changed_on_hand(index), node) or 0)
  return math.max(0, on_hand) - tonumber(redis.call('HGET', key.changed_held(index), node) or 0)
end

-- What is available of the position by now, if that is less than it was; as texts, what was and what is.
local function fallen_from(before, index, node)
  local after = available_units(index, node)
  return after < before and {plain(before), plain(after)} or nil
end

-- Logs a receipt that changed, as ReceiptBody in entry_bodies.py reads it. `more` is what else JSON says of it; units came
-- at the instant `moved_at`, if there is one.
local function log_receipt(kind, sku, id, receipt, context, more, moved_at)
  local details = {
    sku = sku, node = receipt.node, source = receipt.source, status = receipt.status, stated = receipt.stated,
    quantity = receipt.quantity, received = receipt.received, expected_at = receipt.expected_at,
    sequence = receipt.sequence, owned = receipt.owned,
  }
  for name, value in pairs(more) do
    if type(value) ~= 'table' or next(value) then
      details[name] = value
    end
  end
  local fields = {'kind', kind, 'id', id, 'at', context.now, 'details', cjson.encode(details)}
  if moved_at then
    fields[#fields + 1], fields[#fields + 2] = 'moved_at', plain(moved_at)
  end
  return redis.call('XADD', key.log, '*', unpack(signed(fields)))
end

-- Lets holds last longer by as much as the receipt comes later on which they stand; nil if others stand on it than were
-- found, and a list of {hold, until} otherwise.
local function extend_holds(pegs, seconds, context)
  local extended, seen = {}, {}
  for _, peg in ipairs(pegs) do
    if not context.holds[peg[2]] then
      return nil
    end
  end
  for _, peg in ipairs(pegs) do
    local hold = key.pegged_hold(context.holds[peg[2]])
    local ends = not seen[peg[2]] and tonumber(redis.call('HGET', hold, 'until') or 0) or 0
    seen[peg[2]] = true
    if ends > tonumber(context.now) then
      local later = string.format('%.0f', ends + seconds)
      redis.call('HSET', hold, 'until', later)
      redis.call('ZADD', key.expiring, later, peg[2])
      extended[#extended + 1] = {peg[2], later}
    end
  end
  return extended
end

local function is_same(receipt, message)
  return receipt.source == message.source and receipt.quantity == message.quantity
    and receipt.expected_at == message.expected_at and receipt.stated == message.stated
end

-- Why a message can't be taken over; nothing if it can.
local function refusal(receipt, message, now)
  local is_past = IS_OPEN[message.stated] and message.expected_at <= tonumber(now)
  if is_past and not message.may_be_late and not (receipt and receipt.expected_at == message.expected_at) then
    return 'past'
  elseif not receipt then
    return nil
  elseif receipt.status == 'received' then
    return message.stated == 'received' and message.quantity == receipt.received and 'same' or 'closed'
  elseif message.quantity < receipt.received then
    return 'few'
  end
end

-- Takes over what a message says of a receipt: {source, node, quantity, expected_at, status, stated, sequence as text,
-- owned, may_be_late}. The status is an open one or `cancelled`; `stated` is that of the message, which may also be
-- `received`, if the rest is received in the same step. Answers a word, and the receipt as it is then: created, changed; or nothing
-- changes: same (this message came before), older, differs (another message of the same sequence came before), elsewhere
-- (it is of another SKU or comes to another node), owned (only its transfer or return may change it), past (it is expected
-- before now, and may not be late), closed (all of it is received), few (fewer than were received), holds
-- (others stand on it than were found).
local function announce(index, sku, id, message, context)
  local known = redis.call('HGET', key.receipt_skus, id)
  local before = known == sku and stored_receipt(index, id) or nil
  if known and (known ~= sku or before and before.node ~= message.node) then
    return 'elsewhere', before
  elseif before and before.owned ~= message.owned then
    return 'owned', before
  elseif before and tonumber(message.sequence) < tonumber(before.sequence) then
    return 'older', before
  elseif before and tonumber(message.sequence) == tonumber(before.sequence) then
    return is_same(before, message) and 'same' or 'differs', before
  end
  local refused = refusal(before, message, context.now)
  if refused then
    return refused, before
  end
  local receipt = {
    status = message.status, stated = message.stated, expected_at = message.expected_at, quantity = message.quantity,
    sequence = message.sequence, source = message.source, node = message.node, owned = message.owned,
    received = before and before.received or 0, promised = before and before.promised or 0,
  }
  if IS_OPEN[receipt.status] and receipt.received == receipt.quantity then
    receipt.status = 'received'
  end
  local delay = before and receipt.expected_at - before.expected_at or 0
  local extended, pegs = {}, {}
  if receipt.promised > 0 and delay ~= 0 and IS_OPEN[receipt.status] then
    pegs = pegs_on(key.changed_pegs(index), id)
    extended = delay > 0 and extend_holds(pegs, delay, context) or delay < 0 and {} or nil
    if not extended then
      return 'holds', before
    end
  end
  local available = available_units(index, receipt.node)
  local _, lost = settle(index, id, receipt, 0)
  local function cause(word)
    return {cause = word, receipt = id, sku = sku, node = receipt.node, at = context.now}
  end
  note_moved(units_of_pegs(pegs), cause('late'), before and before.expected_at, receipt.expected_at)
  note_at_risk(lost, cause(receipt.status == 'cancelled' and 'cancelled' or 'short'))
  if IS_OPEN[receipt.status] and not (before and IS_OPEN[before.status]) then
    redis.call('HINCRBY', key.facts, 'flow_starts', 1)
  end
  store_receipt(index, sku, id, receipt)
  local is_awaited = before and IS_OPEN[before.status] and before.expected_at == receipt.expected_at
  if IS_OPEN[receipt.status] and not is_awaited then
    redis.call('ZADD', key.arriving, receipt.expected_at, id)
  end
  context.changed[key.changed_on_hand(index)] = true
  -- more units, another status or another instant: any of these may be what somebody waits for
  if units_to_come(receipt) > receipt.promised then
    context.freed[key.changed_on_hand(index)] = true
  end
  log_receipt('expected', sku, id, receipt, context, {
    first = not before, lost = lost, extended = extended, before = before and before.expected_at,
    available = fallen_from(available, index, receipt.node),
  })
  return before and 'changed' or 'created', receipt
end

-- Lets units of a receipt be on hand: `delivery` is {units, at, lot, close, over, owned}: `units` is false for all that are
-- to come, `at` is the instant in UTC
-- microseconds or false, `lot` a date or nothing, a tab and a name, or an empty text; `close`, that no more is to come;
-- `over`, that there may be more than were expected. Answers a word, the receipt as it is then, and how many are over:
-- received; or nothing changes: unknown, owned, closed, over (more than are to come), dated, lotless (of the lot, as
-- label_of says).
local function receive(index, sku, id, delivery, context)
  local receipt = redis.call('HGET', key.receipt_skus, id) == sku and stored_receipt(index, id) or nil
  if not receipt then
    return 'unknown'
  elseif receipt.owned ~= delivery.owned then
    return 'owned', receipt
  elseif not IS_OPEN[receipt.status] then
    return 'closed', receipt
  end
  local units = delivery.units or units_to_come(receipt)
  local over = math.max(0, units - units_to_come(receipt))
  if over > 0 and not delivery.over then
    return 'over', receipt, over
  end
  local node, micros, label = receipt.node, context.micros, nil
  if delivery.lot ~= '' then
    local refused
    label, refused = label_of(index, node, string.match(delivery.lot, '^(.-)\t(.*)$'))
    if refused then
      return refused == 'dated' and 'dated' or 'lotless', receipt
    end
  end
  local latest = instant_of_change({{index, node}}, micros)
  local at = math.min(latest, delivery.at or latest)
  local moves, on_hand, available = {}, key.changed_on_hand(index), available_units(index, node)
  local in_count, delta = units > 0 and is_counted(index, node, at, micros), plain(units)
  if units > 0 then
    local place = label and node .. '\t' .. label
    if place and change_on_hand(index, place, delta, at, micros) then
      moves[#moves + 1] = {index, place, delta, at}
    end
    if change_on_hand(index, node, delta, at, micros) then
      moves[#moves + 1] = {index, node, delta, at}
    end
  end
  receipt.received = receipt.received + units
  if delivery.close or receipt.received >= receipt.quantity then
    receipt.status = 'received'
  end
  local arrived, lost = settle(index, id, receipt, units)
  note_at_risk(lost, {cause = 'short', receipt = id, sku = sku, node = node, at = context.now})
  store_receipt(index, sku, id, receipt)
  context.changed[on_hand], context.freed[on_hand] = true, true
  local entry = log_receipt('received', sku, id, receipt, context, {
    units = units, over = over > 0 and over or nil, lot = label, in_count = in_count or nil, arrived = arrived,
    lost = lost, available = fallen_from(available, index, node),
  }, at)
  remember_moves(moves, entry, micros)
  return 'received', receipt, over
end
