-- Changes of the units of holds, as hold_change.py asks for them. Every script that ends, rejects or holds again some
-- units uses these functions, in this order: holds_differ, units_lacking, units_on_backorder, change_holds, log_moves,
-- log_confirm.
--
-- A hold is {id, until, endings, ended, parts}: `until` and `endings` as they were read, and the endings afterwards; all
-- of these are text, and empty where there is nothing. If units are held again, `open` has the hold's until, caller and
-- day; if none are any more, `close` has its caller. A part is a shipment: {number, node, before, after, outcomes_before,
-- outcomes, room, units}, before and after as key.changed_hold stores it. A unit is {index of the SKU, change of held,
-- change of on_hand, log entry, must be there}: with an entry, what is on hand changes only if it was not counted since
-- that entry; false stands for none. Units on backorder can't leave before they are there.
-- Where only the hold was read, parts have no outcomes and no room.

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
  end
end

-- Whether the first entry since the count, the last that the base names, is after this one.
local function counted_since(entry, index, node)
  local function parsed(id)
    local millis, number = string.match(id, '(%d+)%-(%d+)$')
    return tonumber(millis), tonumber(number)
  end
  local base = redis.call('HGET', key.changed_base(index), node)
  if not base then
    return true
  end
  local base_millis, base_number = parsed(base)
  local millis, number = parsed(entry)
  return base_millis > millis or base_millis == millis and base_number > number
end

-- The first position that has fewer units free than are to be taken of it: {node, index of the SKU, units free}. Units
-- that were held already are there; what floors keep back is not asked for units that left or never left.
local function units_lacking(holds)
  local taken = {}
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        if units[4] and counted_since(units[4], units[1], part.node) then
          units[3] = '0'
        end
        local position = units[1] .. ' ' .. part.node
        taken[position] = (taken[position] or 0) + units[2] - units[3]
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
local function units_on_backorder(holds)
  local leaving = {}
  for _, hold in ipairs(holds) do
    for _, part in ipairs(hold.parts) do
      for _, units in ipairs(part.units) do
        if units[5] then
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
      return {node, index, string.format('%.0f', on_hand)}
    end
  end
end

-- A shipment counts in its day's load while units of it are held or have left.
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

-- Changes them. Adds to `changed` the keys of what is on hand where stock changed, and to `freed` those where units came
-- free; returns the moves of what is on hand, as log_moves takes them, and for each unit with an entry a 1 if it is on
-- hand again, or a 0.
local function change_holds(holds, changed, freed)
  local call, moves, returned = redis.call, {}, {}
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
        local index, held, on_hand, entry = unpack(units, 1, 4)
        changed[key.changed_on_hand(index)] = true
        if on_hand - held > 0 then
          freed[key.changed_on_hand(index)] = true
        end
        if held ~= '0' and call('HINCRBY', key.changed_held(index), part.node, held) <= 0 then
          call('HDEL', key.changed_held(index), part.node)
        end
        if on_hand ~= '0' then
          -- what left is not on hand any more; where fewer units were counted than left, none are
          local short = call('HINCRBY', key.changed_on_hand(index), part.node, on_hand) < 0
          if short then
            call('HSET', key.changed_on_hand(index), part.node, 0)
          end
          moves[#moves + 1] = {index, part.node, short}
        end
        if entry then
          returned[#returned + 1] = on_hand == '0' and '0' or '1'
        end
      end
      local room = room_of(hold, part)
      -- the load of a day that is over has expired, and nothing is counted in it any more
      if room < 0 and tonumber(call('HGET', key.changed_load(at), part.node) or 0) > 0
          or room > 0 and call('EXISTS', key.changed_load(at)) == 1 then
        call('HINCRBY', key.changed_load(at), part.node, room)
      end
      set(key.changed_hold(at), part.number, part.after)
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
      call('ZADD', key.expiring, hold.open['until'], hold.id)
    end
  end
  return moves, table.concat(returned)
end

-- Notes what is on hand after the log entry that moved it, where later moves are counted from it. Where more left than
-- was counted they are counted from a later entry; the first since the count stays noted behind it.
local function log_moves(moves, entry)
  for _, move in ipairs(moves) do
    local index, node, short = unpack(move, 1, 3)
    local before = redis.call('HGET', key.changed_base(index), node)
    if short or not before then
      local on_hand, first = redis.call('HGET', key.changed_on_hand(index), node), before and string.match(before, ' %S+$')
      redis.call('HSET', key.changed_base(index), node, on_hand .. ' ' .. entry .. (first or ''))
    end
  end
end

-- Remembers what the log entry confirmed of the first hold, for as long as it can be undone.
local function log_confirm(confirmed, entry)
  if confirmed then
    redis.call('HSET', key.confirms(1), entry, confirmed.units)
    redis.call('EXPIRE', key.confirms(1), confirmed.seconds)
  end
end
