-- What is on hand of a position: as many units as the count or load that stands says, and what came and left after its
-- instant. Instants are UTC microseconds. Needs `facts` and, of each SKU, changed_on_hand, changed_base, changed_stamp and
-- changed_journal.

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
local function counted(index, node, now)
  local base = redis.call('HGET', key.changed_base(index), node) or ''
  local units, at = string.match(base, '^(%d+) (%d+)$')
  if units then
    return tonumber(units), tonumber(at)
  end
  -- nothing came or left since
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

-- Lets units come or leave at an instant; false if they are in the count that stands, so that nothing changes.
local function change_on_hand(index, node, delta, at, now)
  local units, counted_at = counted(index, node, now)
  if at <= counted_at then
    return false
  end
  redis.call('HSET', key.changed_base(index), node, plain(units) .. ' ' .. plain(counted_at))
  redis.call('HINCRBY', key.changed_on_hand(index), node, delta)
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

-- Remembers what came and left by a log entry: `moves`, a list of {index, node, delta, at}.
local function remember_moves(moves, entry, now)
  local latest = 0
  for number, move in ipairs(moves) do
    local index, node, delta, at = unpack(move, 1, 4)
    local journal = key.changed_journal(index)
    redis.call('ZADD', journal, plain(at), node .. '\n' .. delta .. '\n' .. entry .. '.' .. number)
    forget_old(journal, now)
    redis.call('EXPIRE', journal, REMEMBERED / MICROS)
    latest = math.max(latest, at)
  end
  if latest > tonumber(redis.call('HGET', key.facts, 'moved') or 0) then
    redis.call('HSET', key.facts, 'moved', plain(latest))
  end
end

-- Sets what is on hand to the units counted at an instant, and what came and left after it; returns that.
local function count_on_hand(index, node, units, at)
  local on_hand, is_newest = units, true
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key.changed_journal(index), '(' .. plain(at), '+inf')) do
    local moved_node, delta = string.match(member, '^(.*)\n(%-?%d+)\n')
    if moved_node == node then
      on_hand, is_newest = on_hand + delta, false
    end
  end
  redis.call('HSET', key.changed_on_hand(index), node, plain(on_hand))
  redis.call('HSET', key.changed_base(index), node, plain(units) .. ' ' .. plain(at))
  return on_hand, is_newest
end

-- Changes how many units are blocked.
local function block(index, node, units)
  if tonumber(units) ~= 0 and redis.call('HINCRBY', key.changed_blocked(index), node, units) == 0 then
    redis.call('HDEL', key.changed_blocked(index), node)
  end
end
