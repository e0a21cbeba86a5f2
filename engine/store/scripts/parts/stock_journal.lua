-- What is on hand of a position: as many units as the count or load that stands says, and what came and left after its
-- instant. Instants are UTC microseconds. A lot of a position, which goes by its place, has a count of its own. Needs
-- `facts` and, of each SKU, changed_on_hand, changed_held, changed_base, changed_stamp and changed_journal, and the part
-- `lots`.

local MICROS = 1000000
local REMEMBERED = 7 * 86400 * MICROS
-- of a SKU; what came and left before the earliest of these is not remembered any more
local MOST_REMEMBERED = 10000

local function plain(number)
  return string.format('%.0f', number)
end

-- When the network was loaded. One that an earlier release loaded has no such instant: it is noted as loaded by now.
local function loaded_at(now)
  local loaded = redis.call('HGET', key.facts, 'loaded')
  if not loaded then
    loaded = plain(now)
    redis.call('HSET', key.facts, 'loaded', loaded)
  end
  return tonumber(loaded)
end

-- The units of the count or load that stands, and its instant.
local function counted(index, place, now)
  local base = redis.call('HGET', key.changed_base(index), place) or ''
  local units, at = string.match(base, '^(%d+) (%d+)$')
  if units then
    return tonumber(units), tonumber(at)
  end
  -- nothing came or left since
  local node, label = node_and_label(place)
  if label then  -- as its position
    local _
    _, at = counted(index, node, now)
    return tonumber(redis.call('HGET', key.changed_on_hand(index), place) or 0), at
  end
  local kind, number = string.match(redis.call('HGET', key.changed_stamp(index), node) or '', '^(%a) (%d+)')
  at = loaded_at(now)
  if kind == 't' then
    at = math.max(at, tonumber(number))
  end
  return tonumber(redis.call('HGET', key.changed_on_hand(index), node) or 0), at
end

-- Whether what came or left at that instant is in the count or load that stands.
local function is_counted(index, node, at, now)
  local _, counted_at = counted(index, node, now)
  return at <= counted_at
end

-- The instant of what comes or leaves now: after the counts that stand of `positions`, a list of {index, node}, even if
-- another clock than ours said `now` then.
local function instant_of_change(positions, now)
  local instant = now
  for _, position in ipairs(positions) do
    local _, counted_at = counted(position[1], position[2], now)
    instant = math.max(instant, counted_at + 1)
  end
  return instant
end

-- The instant of what is counted now: none after which anything came or left.
local function instant_of_count(now)
  return math.max(now, tonumber(redis.call('HGET', key.facts, 'moved') or 0))
end

local function set_labels(index, node, labels)
  if #labels > 0 then
    redis.call('HSET', key.changed_on_hand(index), node .. '\t', table.concat(labels, '\t'))
    redis.call('HSET', key.facts, 'lots', '1')
  else
    redis.call('HDEL', key.changed_on_hand(index), node .. '\t')
  end
end

-- Notes a lot of a position, unless it is; then lots of which nothing is on hand or held are not noted any more.
local function add_lot(index, node, label)
  local on_hand, held, field = key.changed_on_hand(index), key.changed_held(index), node .. '\t'
  local labels = {label}
  for _, other in ipairs(labels_in(redis.call('HGET', on_hand, field))) do
    if other == label then
      return
    elseif (redis.call('HGET', on_hand, field .. other) or '0') ~= '0' or redis.call('HGET', held, field .. other) then
      labels[#labels + 1] = other
    end
  end
  set_labels(index, node, labels)
end

-- Lets units come or leave at an instant; false if they are in the count that stands, so that nothing changes.
local function change_on_hand(index, place, delta, at, now)
  local units, counted_at = counted(index, place, now)
  if at <= counted_at then
    return false
  end
  redis.call('HSET', key.changed_base(index), place, plain(units) .. ' ' .. plain(counted_at))
  redis.call('HINCRBY', key.changed_on_hand(index), place, delta)
  local node, label = node_and_label(place)
  if label then
    add_lot(index, node, label)
  end
  return true
end

-- The instant from which on all that came and left of a SKU is remembered.
local function remembered_from(index, now)
  return math.max(now - REMEMBERED, tonumber(redis.call('ZSCORE', key.changed_journal(index), '') or 0))
end

local function forget_old(journal, now)
  redis.call('ZREMRANGEBYSCORE', journal, '-inf', '(' .. plain(now - REMEMBERED))
  local surplus = redis.call('ZCARD', journal) - MOST_REMEMBERED
  if surplus > 0 then
    local last = redis.call('ZRANGE', journal, surplus - 1, surplus - 1, 'WITHSCORES')[2]
    redis.call('ZREMRANGEBYRANK', journal, 0, surplus - 1)
    redis.call('ZADD', journal, last, '')
  end
end

-- Remembers what came and left by a log entry: `moves`, a list of {index, place, delta, at}.
local function remember_moves(moves, entry, now)
  local latest = 0
  for number, move in ipairs(moves) do
    local index, place, delta, at = unpack(move, 1, 4)
    local journal = key.changed_journal(index)
    redis.call('ZADD', journal, plain(at), place .. '\n' .. delta .. '\n' .. entry .. '.' .. number)
    forget_old(journal, now)
    redis.call('EXPIRE', journal, REMEMBERED / MICROS)
    latest = math.max(latest, at)
  end
  if latest > tonumber(redis.call('HGET', key.facts, 'moved') or 0) then
    redis.call('HSET', key.facts, 'moved', plain(latest))
  end
end

-- What came and left of a SKU after an instant: a list of {place, delta}.
local function moves_after(index, at)
  local moves = {}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key.changed_journal(index), '(' .. plain(at), '+inf')) do
    local place, delta = string.match(member, '^(.*)\n(%-?%d+)\n')
    if place then
      moves[#moves + 1] = {place, delta}
    end
  end
  return moves
end

-- Sets what is on hand to the units counted at an instant, and what came and left after it; returns that.
local function count_on_hand(index, place, units, at)
  local on_hand, is_newest = units, true
  for _, move in ipairs(moves_after(index, at)) do
    if move[1] == place then
      on_hand, is_newest = on_hand + move[2], false
    end
  end
  redis.call('HSET', key.changed_on_hand(index), place, plain(on_hand))
  redis.call('HSET', key.changed_base(index), place, plain(units) .. ' ' .. plain(at))
  return on_hand, is_newest
end

-- Sets the lots of a position to those counted at an instant, and what came and left of lots after it. `text` has the
-- label and units of each, with tabs between them.
local function count_lots(index, node, text, at)
  local on_hand, base, field = key.changed_on_hand(index), key.changed_base(index), node .. '\t'
  local function of_node(place)
    return string.sub(place, 1, #field) == field and #place > #field
  end
  for _, place in ipairs(redis.call('HKEYS', on_hand)) do
    if of_node(place) then
      redis.call('HDEL', on_hand, place)
      redis.call('HDEL', base, place)
    end
  end
  local units, labels = {}, {}
  for label, count in string.gmatch(text, '([^\t]+)\t(%d+)') do
    units[field .. label] = tonumber(count)
  end
  for _, move in ipairs(moves_after(index, at)) do
    if of_node(move[1]) then
      units[move[1]] = units[move[1]] or 0
    end
  end
  for place, count in pairs(units) do
    count_on_hand(index, place, count, at)
    labels[#labels + 1] = string.sub(place, #field + 1)
  end
  set_labels(index, node, labels)
end

-- Changes how many units are blocked.
local function block(index, node, units)
  if tonumber(units) ~= 0 and redis.call('HINCRBY', key.changed_blocked(index), node, units) == 0 then
    redis.call('HDEL', key.changed_blocked(index), node)
  end
end
