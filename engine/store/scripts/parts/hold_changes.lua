-- Changes of the units of holds, as hold_change.py asks for them. Every script that ends, rejects or holds again some
-- units uses these functions, in this order: holds_differ, instant_of_leaving, units_lacking, units_not_there,
-- change_holds, log_confirm. Needs the parts `stock_journal` and `receipts`.
--
-- A hold is {id, until, endings, ended, parts}: `until` and `endings` as they were read, and the endings afterwards; all
-- of these are text, and empty where there is nothing. If units are held again, `open` has the hold's until, caller and
-- day; if none are any more, `close` has its caller. A part is a shipment: {number, node, loads, before, after,
-- outcomes_before, outcomes, room, units}, loads the numbers of the periods in which it counts, before and after as
-- key.changed_hold stores it. A unit is {index of the SKU, change of held, change of on_hand, instant, must be there,
-- label}: of what came or left at that instant or, where that is false or left out, at the instant of the whole change.
-- What is on hand does not change where the count that stands has it already. Units on backorder can't leave before they
-- are there. One with a label says which of these units are of that lot.
-- Where only the hold was read, parts have no outcomes and no room. `outputs` are fields of the load of its date that
-- count units and grams, each with how many more there are. Of `held` units some may stand on receipts: these are not held
-- of what is on hand. `pegs`, if they matter, are those as they were read: {index of the SKU, receipt, number, units, when
-- the receipt is expected}. Of units that a node rejects (`rejected`), those on hand come first; where they are `damaged`,
-- all are on hand.

-- Whether a hold is not as it was read.
local function holds_differ(holds)
  local function differs(name, field, value)
    return value and (redis.call('HGET', name, field) or '') ~= value
  end
  for index, hold in ipairs(holds) do
    if differs(key.changed_hold(index), 'until', hold['until']) or differs(key.endings, hold.id, hold.endings) then
      return true
    end
    for _, part in ipairs(hold.parts) do
      if differs(key.changed_hold(index), part.number, part.before)
          or differs(key.shipment_units, hold.id .. ' ' .. part.number, part.outcomes_before) then
        return true
      end
    end
    for entry, confirm in pairs(hold.confirms or {}) do
      if differs(key.confirms(index), entry, confirm.before) then
        return true
      end
    end
    for _, peg in ipairs(hold.pegs or {}) do
      local sku, id, number, units, expected_at = unpack(peg, 1, 5)
      local stored = redis.call('HGET', key.changed_pegs(sku), id .. '\n' .. hold.id .. '\n' .. number)
      local text = stored and redis.call('HGET', key.changed_receipts(sku), id)
      if not text or tonumber(string.match(stored, '^%d+')) ~= units or receipt_of(text).expected_at ~= expected_at then
        return true
      end
    end
  end
end

-- The instant at which units of these holds leave now or, if it is stated, no later than that.
local function instant_of_leaving(holds, now, stated)
  local positions = {}
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        positions[#positions + 1] = {units[1], part.node}
      end
    end
  end
  local latest = instant_of_change(positions, now)
  return math.min(latest, stated or latest)
end

-- The first position that has fewer units free than are to be taken of it: {node, index of the SKU, units free}. Units
-- that were held already are there, and of units that are counted none are taken any more; what floors keep back is not
-- asked for units that left or never left.
local function units_lacking(holds, instant, now)
  local taken = {}
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        local index, held, on_hand, at = unpack(units, 1, 4)
        if not units[6] then
          local leaves = on_hand ~= '0' and not is_counted(index, part.node, at or instant, now)
          local position = index .. ' ' .. part.node
          taken[position] = (taken[position] or 0) + held - (leaves and on_hand or 0)
        end
      end
    end
  end
  for position, units in pairs(taken) do
    local index, node = string.match(position, '^(%d+) (.*)$')
    index = tonumber(index)
    if units > 0 then
      local free = (redis.call('HGET', key.changed_on_hand(index), node) or 0)
        - (redis.call('HGET', key.changed_held(index), node) or 0)
      if free < units then
        return {node, tostring(index), string.format('%.0f', math.max(0, free))}
      end
    end
  end
end

-- The first position at which units on backorder are to leave that are not on hand yet: {node, index of the SKU, units on
-- hand}.
local function units_on_backorder(holds, instant, now)
  local leaving = {}
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        if units[5] and not is_counted(units[1], part.node, units[4] or instant, now) then
          local position = units[1] .. ' ' .. part.node
          leaving[position] = (leaving[position] or 0) - units[3]
        end
      end
    end
  end
  for position, units in pairs(leaving) do
    local index, node = string.match(position, '^(%d+) (.*)$')
    local on_hand = tonumber(redis.call('HGET', key.changed_on_hand(tonumber(index)), node) or 0)
    if on_hand < units then
      return {node, index, plain(math.max(0, on_hand))}
    end
  end
end

-- How many units of a SKU, by the key of its pegs, a shipment holds, as it is stored.
local function units_held(body, pegs_key)
  local units = 0
  for _, part in ipairs(body ~= '' and cjson.decode(body)[3] or {}) do
    units = units + (part[1] == sku_of(pegs_key) and part[2] or 0)
  end
  return units
end

-- The first of these units that are to leave, or are damaged, and are still to come: {node, index of the SKU, receipt, when
-- it is expected}.
local function units_awaited(holds)
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        local index, held, on_hand, label = units[1], tonumber(units[2]), tonumber(units[3]), units[6]
        local leaving = hold.damaged and -held or -on_hand
        if not label and held < 0 and leaving > 0 then
          local pegs = pegs_of(key.changed_receipts(index), key.changed_pegs(index), hold.id, part.number)
          local there = #pegs > 0 and units_held(part.before, key.changed_pegs(index)) or 0
          for _, peg in ipairs(pegs) do
            there = there - peg[4]
          end
          if #pegs > 0 and leaving > there then
            return {part.node, plain(index), pegs[1][1], plain(pegs[1][2].expected_at)}
          end
        end
      end
    end
  end
end

-- The answer of a script by which units are to leave that are not there, as `UnitsOnBackorder.of` reads it; nothing if all
-- are there.
local function units_not_there(holds, instant, now)
  local on_backorder = units_on_backorder(holds, instant, now)
  if on_backorder then
    return {'backorder', unpack(on_backorder)}
  end
  local awaited = units_awaited(holds)
  return awaited and {'awaited', unpack(awaited)}
end

-- Lets units of a shipment that are not held any more, and do not leave, not stand on receipts any more: these before those
-- on hand, the last to arrive first; of what a node rejects, those on hand before them. Answers how many these are; adds them
-- to `unpegged`, as the log has them. `held` and `on_hand` are the changes of both.
local function unpeg_units(index, hold, part, held, on_hand, unpegged)
  local pegs_key, taken, units, pegged = key.changed_pegs(index), 0, -held + on_hand, 0
  local pegs = pegs_of(key.changed_receipts(index), pegs_key, hold.id, part.number)
  for _, peg in ipairs(pegs) do
    pegged = pegged + peg[4]
  end
  if hold.rejected and pegged > 0 then
    units = units - math.max(0, math.min(units, units_held(part.before, pegs_key) - pegged + on_hand))
  end
  for _, peg in ipairs(pegs) do
    local id, receipt, field, count = unpack(peg, 1, 4)
    count = math.min(count, units - taken)
    if count > 0 then
      change_peg(pegs_key, field, -count)
      receipt.promised = receipt.promised - count
      redis.call('HSET', key.changed_receipts(index), id, receipt_text(receipt))
      unpegged[#unpegged + 1] = {sku_of(pegs_key), id, hold.id, part.number, plain(count)}
      taken = taken + count
    end
  end
  return taken
end

-- A shipment counts in the loads of its periods while units of it are held or have left.
local function room_of(hold, part)
  if part.room then
    return part.room
  end
  local outcomes = redis.call('HGET', key.shipment_units, hold.id .. ' ' .. part.number)
  for _, by_state in pairs(outcomes and cjson.decode(outcomes) or {}) do
    if type(by_state) == 'table' and by_state.confirmed then
      return 0
    end
  end
  return -1
end

-- Changes them, at an instant if units move. Adds to `changed` the keys of what is on hand where stock changed, and to
-- `freed` those where units came free; returns the moves of what is on hand, as remember_moves takes them, for each unit
-- that is held again a 1 if it is on hand again, or a 0, and what stood on receipts and does not any more.
local function change_holds(holds, changed, freed, instant, now)
  local call, moves, returned, unpegged = redis.call, {}, {}, {}
  local function set(name, field, value)
    if value == '' then
      call('HDEL', name, field)
    else
      call('HSET', name, field, value)
    end
  end
  for at, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        local index, held, on_hand, at, _, label = unpack(units, 1, 6)
        local place = label and part.node .. '\t' .. label or part.node
        at = at or instant
        local moved = on_hand ~= '0' and change_on_hand(index, place, on_hand, at, now)
        changed[key.changed_on_hand(index)] = true
        if (moved and on_hand or 0) - held > 0 then
          freed[key.changed_on_hand(index)] = true
        end
        if not label and tonumber(held) < 0 and call('EXISTS', key.changed_pegs(index)) == 1 then
          held = plain(held + unpeg_units(index, hold, part, held, on_hand, unpegged))
        end
        if held ~= '0' and call('HINCRBY', key.changed_held(index), place, held) <= 0 then
          call('HDEL', key.changed_held(index), place)
        end
        if moved then
          moves[#moves + 1] = {index, place, on_hand, at}
        end
        if hold.open and not label then
          returned[#returned + 1] = moved and '1' or '0'
        end
      end
      -- a period that is over has expired, and nothing is counted in it any more
      for _, taken in ipairs(part.taken or {}) do
        local name, units = key.changed_taken(taken[1]), taken[2]
        local there = tonumber(call('HGET', name, part.node) or 0)
        if units > 0 and call('EXISTS', name) == 1 or units < 0 and there > 0 then
          call('HSET', name, part.node, string.format('%.0f', math.max(0, there + units)))
        end
      end
      local room = room_of(hold, part)
      -- the load of a day that is over has expired, and nothing is counted in it any more
      for _, period in ipairs(part.loads) do
        local load = key.changed_load(period)
        if room < 0 and tonumber(call('HGET', load, part.node) or 0) > 0 or room > 0 and call('EXISTS', load) == 1 then
          call('HINCRBY', load, part.node, room)
        end
      end
      for _, output in ipairs(part.outputs or {}) do
        local field, more = output[1], tonumber(output[2])
        local load = key.changed_load(part.loads[1])
        local amount = tonumber(call('HGET', load, field) or 0)
        if more < 0 and amount > 0 or more > 0 and call('EXISTS', load) == 1 then
          call('HINCRBY', load, field, string.format('%.0f', math.max(more, -amount)))
        end
      end
      set(key.changed_hold(at), part.number, part.after)
      if part.after == '' then
        call('HDEL', key.at_risk, hold.id .. ' ' .. part.number)
      end
      if part.outcomes then
        set(key.shipment_units, hold.id .. ' ' .. part.number, part.outcomes)
      end
    end
    for entry, confirm in pairs(hold.confirms or {}) do
      set(key.confirms(at), entry, confirm.after)
    end
    set(key.endings, hold.id, hold.ended)
    if hold.close then
      if call('HINCRBY', key.open_holds, hold.close, -1) <= 0 then
        call('HDEL', key.open_holds, hold.close)
      end
      call('DEL', key.changed_hold(at))
      call('ZREM', key.expiring, hold.id)
    elseif hold.open then
      if hold['until'] == '' then
        call('HINCRBY', key.open_holds, hold.open.caller, 1)
      end
      call('HSET', key.changed_hold(at), 'until', hold.open['until'], 'caller', hold.open.caller, 'day', hold.open.day)
      if hold.open.weights then
        call('HSET', key.changed_hold(at), 'weights', hold.open.weights)
      end
      if hold.open.periods then
        call('HSET', key.changed_hold(at), 'periods', hold.open.periods)
      end
      call('ZADD', key.expiring, hold.open['until'], hold.id)
    end
  end
  return moves, table.concat(returned), unpegged
end

-- Adds to the fields of a log entry what does not stand on receipts any more by it.
local function add_unpegged(fields, unpegged)
  if #unpegged > 0 then
    fields[#fields + 1], fields[#fields + 2] = 'unpegged', cjson.encode(unpegged)
  end
end

-- Remembers what the log entry confirmed of the first hold, and when it left, for as long as it can be undone.
local function log_confirm(confirmed, entry, at, left_at)
  if confirmed then
    local stored = string.format('[%s,%s,%.0f]', at, confirmed.units, left_at)
    redis.call('HSET', key.confirms(1), entry, stored)
    redis.call('EXPIRE', key.confirms(1), confirmed.seconds)
  end
end
