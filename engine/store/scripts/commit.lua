-- Takes the holds of a decision and logs it: all of it or nothing. If others took some of what it claims, the rest may
-- be set aside for its next try: held for some seconds, by a hold of its own. What was set aside for it at an earlier
-- try counts as free for it, and is not held any more afterwards.
--
-- Keys, by the names in script_keys.py; load is that of each period in which its shipments count, and then of those in
--       which what was set aside at an earlier try does; claimed_on_hand and claimed_held are those of each claim's SKU,
--       then of each SKU that was set aside at an earlier try; taken those of allotments that matter to the claims;
--       claimed_receipts and claimed_pegs those of the SKU of each claim that takes units of receipts, or of which these
--       must be as they were read.
-- ARGV  1 decision id  2 the log entry's body  3 the request as JSON (see `_request` in ledger.py). What goes into a
--       command unchanged is text there, because a number of a script takes longer to write.
--       4 number of loads  5 number of SKUs  6 number of keys of what was taken (in commit_follow_up.lua, others stand
--       there, and these come later)
-- Answers {'done'}, {'key', decision id} if the idempotency key was used before, {'order', decision id} if an order of
-- that id was decided before, the first time by that decision, {'network'} if the network is another
-- than the decision was made in, {'policies'} if another policy version is active, {'stale', node} if a node can't give
-- what is claimed of it any more, its stock or load is not as it must be, or it rests, or if the time of what was set
-- aside is over, {'full', open holds} if the caller has as many holds as it may, or {'offer', SKU} if units of a SKU
-- that it claims are first to be offered to orders that wait (see `offered_before`).
-- The log's `stood` has for each claim what was on hand and held just before, and the floor that was computed from it.
-- Units that have expired and that nobody holds are not on hand for it.
local DAYS_KEPT = 4 * 86400
local call = redis.call
local id, request = ARGV[1], cjson.decode(ARGV[3])
local earlier, set_aside = request.earlier, request.set_aside
local changed, freed = {}, {}

-- A reserve is {units, basis points of what is on hand}.
local function units_of(reserve, on_hand)
  return math.max(reserve[1], math.ceil(on_hand * reserve[2] / 10000))
end

-- What is left of a portion's allotments, nothing if it has none. A portion is {what is protected, allotments}. An
-- allotment is a reserve, and then at least, at most, index of what was taken, units of that which are let go now.
local function left_of(portion, on_hand, node)
  local most_left
  for index = 2, #portion do
    local allotment = portion[index]
    local units = math.max(units_of(allotment, on_hand), allotment[3])
    units = math.min(units, allotment[4] or units)
    local left = units - (call('HGET', key.taken(allotment[5]), node) or 0) + allotment[6]
    most_left = math.max(most_left or 0, left)
  end
  return most_left
end

-- As `Floor.of` in rules/reserves.py; of several the largest. A floor is {units that may be oversold, what is kept, the
-- channel's own portion, those of the others}.
local function floor_of(floors, on_hand, held, node)
  if type(floors) == 'number' then
    return floors
  end
  local largest
  for _, floor in ipairs(floors) do
    local kept, own, others = units_of(floor[2], on_hand), floor[3], 0
    for index = 4, #floor do
      others = others + math.max(units_of(floor[index][1], on_hand), left_of(floor[index], on_hand, node) or 0)
    end
    local for_others, left = on_hand - kept - units_of(own[1], on_hand), left_of(own, on_hand, node)
    if left then
      for_others = math.min(for_others, on_hand - held - kept - left)
    end
    local units = kept + math.min(others, math.max(0, for_others)) - floor[1]
    largest = math.max(largest or units, units)
  end
  return largest
end

local function outside(range, value)
  return range and (value < range[1] or value > range[2])
end

-- The load of a room's node in the room's period.
local function add_shipments(room, shipments)
  local load = key.load(room[1])
  call('HINCRBY', load, room[2], shipments)
  -- set again by each decision: the ledger check expects the days to count from the last one
  call('EXPIRE', load, DAYS_KEPT)
end

local function take_hold(hold, name, hold_until, shipments)
  call('HSET', hold, 'until', hold_until, 'caller', request.caller, 'day', request.day, unpack(shipments))
  if request.weights then
    call('HSET', hold, 'weights', request.weights_json)
  end
  call('HINCRBY', key.open_holds, request.caller, 1)
  call('ZADD', key.expiring, hold_until, name)
end

-- Takes as much of a node's shipments, units or grams as there is; the load of a day that is over has expired.
local function lower_load(load, field, amount)
  local left = math.min(tonumber(amount), tonumber(call('HGET', load, field) or 0))
  if left > 0 then
    call('HINCRBY', load, field, string.format('%.0f', -left))
  end
end

local expired_if_free, hold_lots
if request.lots then
  -- The units of a position that expired and that nobody holds; nothing if it can't give a claim the units of its lots.
  function expired_if_free(index, node, labels, on_hand, held)
    local lots, free, expired = request.lots[tostring(index)], {}, 0
    if not labels and not lots then
      return 0
    elseif not labels or not lots or not has_labels(labels, lots.labels) then
      return nil
    end
    local keys = {key.claimed_on_hand(index), key.claimed_held(index)}
    for _, lot in ipairs(read_lots(keys[1], keys[2], node, lots.labels, on_hand, held, lots.today, lots.own)) do
      free[lot[1]] = math.max(0, lot[2] - lot[3])
      expired = expired + (is_expired(lot[1], lots.today) and free[lot[1]] or 0)
    end
    for _, lot in ipairs(lots.units) do
      if (free[lot[1]] or 0) < tonumber(lot[2]) then
        return nil
      end
    end
    return expired
  end

  function hold_lots(index, node)
    local lots = request.lots[tostring(index)]
    for _, lot in ipairs(lots and lots.units or {}) do
      if lot[1] ~= '' then
        call('HINCRBY', key.claimed_held(index), node .. '\t' .. lot[1], lot[2])
      end
    end
  end
end

-- Whether a node's open receipts are others than the decision read, as `_receipts_read` in commit_request.py says them.
local function reads_otherwise(read, node)
  local stored, count = call('HGETALL', key.claimed_receipts(read.key)), 0
  for place = 1, #stored, 2 do
    local receipt = receipt_of(stored[place + 1])
    if receipt.node == node then
      count = count + 1
      local to_come = string.format('%.0f\t%.0f', receipt.expected_at, units_to_come(receipt))
      if not read.texts[stored[place] .. '\t' .. receipt.status .. '\t' .. to_come] then
        return true
      end
    end
  end
  return count ~= read.count
end

local lacks_receipts, take_receipts
if request.receipts then
  -- Whether units that a claim takes of receipts can't be promised any more: one of these is not as the decision read it,
  -- or they would be promised twice. `left` are the units on hand above the floor that it leaves, below 0 if some lack. As
  -- `covers` in engine/inbound/available_to_promise.py.
  function lacks_receipts(wanted, node, left)
    local begun = false
    for _, counted in ipairs(wanted.counted) do
      local id, status, expected_at, units, own = unpack(counted, 1, 5)
      local text = call('HGET', key.claimed_receipts(wanted.key), id)
      local receipt = text and receipt_of(text)
      local is_as_read = receipt and receipt.node == node and receipt.status == status
        and receipt.expected_at == expected_at
      local usable = is_as_read and usable_units(receipt, wanted.haircut) + own or 0
      if units > 0 and usable < units then
        return true
      end
      left, begun = left + usable - units, begun or units > 0
      if begun and left < 0 then
        return true
      end
    end
  end

  -- Lets the units of its shipments stand on the receipts.
  function take_receipts()
    for _, peg in ipairs(request.pegs) do
      local place, receipt_id, number, units = unpack(peg, 1, 4)
      local receipts = key.claimed_receipts(place)
      local receipt = receipt_of(call('HGET', receipts, receipt_id))
      receipt.promised = receipt.promised + units
      call('HSET', receipts, receipt_id, receipt_text(receipt))
      change_peg(key.claimed_pegs(place), receipt_id .. '\n' .. id .. '\n' .. number, units, request.peg_rank)
    end
  end
end

local release_earlier, set_aside_rest
if earlier or set_aside then  -- seldom, and functions take time to make
  -- Releases what was set aside at an earlier try, as change_holds.lua does.
  function release_earlier()
    for _, part in ipairs(earlier.units) do
      local held, node = key.claimed_held(part[1]), part[2]
      changed[key.claimed_on_hand(part[1])], freed[key.claimed_on_hand(part[1])] = true, true
      if call('HINCRBY', held, node, -part[3]) <= 0 then
        call('HDEL', held, node)
      end
    end
    local numbers, endings = {}, {}
    for _, load in ipairs(earlier.loads) do
      lower_load(key.load(load[1]), load[2], load[3])
    end
    for index = 1, earlier.shipments do
      numbers[index], endings[index] = index - 1, 'released:' .. earlier.now
    end
    if call('HINCRBY', key.open_holds, request.caller, -1) <= 0 then
      call('HDEL', key.open_holds, request.caller)
    end
    call('DEL', key.earlier_set_aside)
    call('ZREM', key.expiring, earlier.id)
    call('HSET', key.endings, earlier.id, table.concat(endings, ' '))
    call('XADD', key.log, '*', 'kind', 'released', 'id', earlier.id, 'at', earlier.now,
      'shipments', table.concat(numbers, ','), unpack(signature))
  end

  -- Sets aside the claims that are not lost, at nodes that are not lost.
  function set_aside_rest(lost_claims, lost_nodes, stood)
    if earlier then
      release_earlier()
    end
    local fields, shipments, later = {}, {}, {}
    for _, shipment in ipairs(set_aside.shipments) do
      local node, service, units, is_later = shipment[1], shipment[2], {}, shipment[4]
      for _, part in ipairs(shipment[3]) do
        if not lost_nodes[node] and not lost_claims[part[1]] then
          units[#units + 1] = {part[2], part[3], part[4]}
        end
      end
      if #units > 0 then
        local body = cjson.encode({node, service, units})
        fields[#fields + 1], fields[#fields + 2] = #shipments, body
        if is_later then
          later[#later + 1] = #shipments
        end
        shipments[#shipments + 1] = body
        for _, room in ipairs(request.rooms) do
          if room[2] == node and not is_later then
            add_shipments(room, 1)
          end
        end
        for _, output in ipairs(request.outputs or {}) do
          if output[2] == node and not is_later then
            for _, part in ipairs(units) do
              local grams = output[3] == node .. '\tgrams'
              local amount = grams and part[2] * request.weights[part[1]] or part[2]
              call('HINCRBY', key.load(output[1]), output[3], string.format('%.0f', amount))
            end
          end
        end
      end
    end
    if #shipments == 0 then
      return
    end
    local stood_then = {}
    for index, claim in ipairs(request.claims) do
      if not lost_nodes[claim[1]] and not lost_claims[index] then
        if claim[2] ~= '0' then
          call('HINCRBY', key.claimed_held(index), claim[1], claim[2])
        end
        if hold_lots then
          hold_lots(index, claim[1])
        end
        changed[key.claimed_on_hand(index)] = true
        stood_then[#stood_then + 1] = stood[index]
      end
    end
    take_hold(key.set_aside, set_aside.id, set_aside['until'], fields)
    local more = request.weights and {'weights', request.weights_json} or {}
    if #later > 0 then
      call('HSET', key.set_aside, 'later', table.concat(later, ','))
      more[#more + 1], more[#more + 2] = 'later', table.concat(later, ',')
    end
    call('XADD', key.log, '*', 'kind', 'set_aside', 'id', set_aside.id, 'at', set_aside.now, 'caller', request.caller,
      'day', request.day, 'until', set_aside['until'], 'stood', table.concat(stood_then, ','),
      'set_aside', '[' .. table.concat(shipments, ',') .. ']', unpack(signed(more)))
  end
end

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if call('HEXISTS', key.decisions, id) == 1 then
  return {'done'}
end
if set_aside and call('EXISTS', key.set_aside) == 1 then
  return {'stale', ''}
end
if request.key_seconds then
  local decision = call('GET', key.idempotency)
  if decision then
    return {'key', decision}
  end
end
local version, rests_until = unpack(call('HMGET', key.facts, 'version', 'rests'))
if version ~= request.network then
  return {'network'}
end
local _, deciding = deciding_policy(request.policies_at, request.number)
if deciding ~= request.policies then
  return {'policies'}
end

if earlier and call('EXISTS', key.earlier_set_aside) == 0 then
  return {'stale', ''}
end
if request.rank then
  local claimed = {}
  for index in ipairs(request.claims) do
    claimed[index] = key.claimed_on_hand(index)
  end
  local sku = claimed[1] and offered_before(request.rank, request.clock, claimed)
  if sku then
    return {'offer', sku}
  end
end
local stood, lost, lost_claims, lost_nodes = {}, nil, {}, {}
for index, claim in ipairs(request.claims) do
  local node, units, floors, on_hand_range, held_range, available_range, own = unpack(claim, 1, 7)
  local on_hand, labels = unpack(call('HMGET', key.claimed_on_hand(index), node, node .. '\t'))
  if not on_hand or tonumber(on_hand) < 0 then
    on_hand = '0'
  end
  local held = call('HGET', key.claimed_held(index), node) or '0'
  if own then
    held = held - own
  end
  local expired = 0
  if labels or request.lots then
    expired = expired_if_free and expired_if_free(index, node, labels or nil, on_hand, held)
    on_hand = expired and expired > 0 and string.format('%.0f', on_hand - expired) or on_hand
  end
  local floor = floor_of(floors, on_hand, held, node)
  local left, of_receipts = on_hand - held - floor - units, request.receipts and request.receipts[tostring(index)]
  local read = request.receipts_read and request.receipts_read[tostring(index)]
  if not expired or left < 0 and units ~= '0' or of_receipts and lacks_receipts(of_receipts, node, left)
      or read and reads_otherwise(read, node)
      or outside(on_hand_range, tonumber(on_hand)) or outside(held_range, tonumber(held))
      or outside(available_range, math.max(0, on_hand - held)) then
    lost, lost_claims[index] = lost or node, true
  end
  stood[index] = on_hand .. ' ' .. held .. ' ' .. floor
end
local policies_at = tonumber(request.policies_at)
local some_node_rests = rests_until and tonumber(rests_until) > policies_at
for _, room in ipairs(request.rooms) do
  local period, node, shipments, most, load_range, own = unpack(room, 1, 6)
  local load = (call('HGET', key.load(period), node) or 0) - (own or 0)
  -- the rest may have begun after the decision's snapshot
  local rest = some_node_rests and call('HGET', key.resting, node)
  if most and load + shipments > most or outside(load_range, load)
      or rest and tonumber(string.match(rest, '^%d+')) > policies_at then
    lost, lost_nodes[node] = lost or node, true
  end
end
for _, output in ipairs(request.outputs or {}) do
  local period, node, field, amount, most, own = unpack(output, 1, 6)
  if most and (call('HGET', key.load(period), field) or 0) - (own or 0) + amount > most then
    lost, lost_nodes[node] = lost or node, true
  end
end
local takes_hold, open_holds = #request.claims > 0, nil
if takes_hold and request.max_holds then
  open_holds = (call('HGET', key.open_holds, request.caller) or 0) - (earlier and 1 or 0)
  if open_holds < request.max_holds then
    open_holds = nil
  end
end
if lost then
  if set_aside and not open_holds then
    set_aside_rest(lost_claims, lost_nodes, stood)
    offer(freed, note_changes(changed))
  end
  return {'stale', lost}
elseif open_holds then
  local first = request.order and call('HGET', key.order, 'first')
  return first and {'order', first} or {'full', tostring(open_holds)}
end
if request.order then
  if call('HSETNX', key.order, 'first', id) == 0 then
    return {'order', call('HGET', key.order, 'first')}
  end
  call('ZADD', key.orders, request.placed_at, request.order)
  if request.parked then
    call('HSET', key.order, 'approval', '{}')
    call('ZADD', key.parked, request.placed_at, request.order)
  end
end

if earlier then
  release_earlier()
end
if request.replaces then  -- units that count as free for it: only commit_follow_up.lua, which has the function, asks so
  release_replaced()
end
for index, claim in ipairs(request.claims) do
  if claim[2] ~= '0' then
    call('HINCRBY', key.claimed_held(index), claim[1], claim[2])
  end
  if hold_lots then
    hold_lots(index, claim[1])
  end
  changed[key.claimed_on_hand(index)] = true
end
if take_receipts then
  take_receipts()
end
for _, taken in ipairs(request.taken or {}) do
  local name, node, units, seconds = key.taken(taken[1]), unpack(taken, 2, 4)
  call('HINCRBY', name, node, units)
  if seconds then
    call('EXPIRE', name, seconds)
  end
end
offer(freed, note_changes(changed))
for _, room in ipairs(request.rooms) do
  add_shipments(room, room[3])
end
for _, output in ipairs(request.outputs or {}) do
  call('HINCRBY', key.load(output[1]), output[3], output[4])
end
if takes_hold then
  take_hold(key.hold, id, request.hold_until, request.shipments)
end
local more = {}
if takes_hold and request.periods then
  more = {'periods', request.periods}
  call('HSET', key.hold, unpack(more))
end
if request.pegs then
  more[#more + 1], more[#more + 2] = 'pegs', request.logged_pegs
end
if takes_hold and request.later then
  call('HSET', key.hold, 'later', request.later)
  more[#more + 1], more[#more + 2] = 'later', request.later
end
local entry = call('XADD', key.log, '*', 'kind', 'decided', 'id', id, 'at', request.now, 'caller', request.caller,
  'day', request.day, 'stood', table.concat(stood, ','), 'body', ARGV[2], unpack(signed(more)))
call('HSET', key.decisions, id, entry)
if request.order_key then
  call('HSET', key.order_keys, id, request.order_key)
end
if request.key_seconds then
  call('SET', key.idempotency, id, 'EX', request.key_seconds)
end
return {'done'}
