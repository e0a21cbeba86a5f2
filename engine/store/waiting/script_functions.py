"""Lua that scripts share about orders that wait: entries that begin and stop to wait, and units offered to them first.

A SKU is named by the key of what is on hand of it, as in `changed`. An offer is open while its units go to those that
wait before newcomers get them; `Keys.offers` says what is stored.
"""

OFFER = """local function next_waiting(sku, after, before)
  local from = after == '' and '[' .. sku .. '\\n' or '(' .. sku .. '\\n' .. after
  local to = before == '' and '(' .. sku .. '\\v' or '(' .. sku .. '\\n' .. before
  return redis.call('ZRANGE', key.waiting, from, to, 'BYLEX', 'LIMIT', 0, 1)[1]
end
local function offer(skus, stamp, after)
  if stamp and redis.call('EXISTS', key.waiting) == 1 then
    for sku in pairs(skus) do
      if next_waiting(sku, after or '', '') then
        local is_open = redis.call('HEXISTS', key.offers, sku) == 1
        redis.call('HSET', key.offers, sku, stamp .. ' ' .. (is_open and '' or after or ''))
      end
    end
  end
end
"""
"""`next_waiting` is the first in the index `waiting` after and before a rank; an empty text is no bound. `offer` opens
the offers of SKUs, the keys of a table, of which units came free at `stamp`, as note_changes answers it; every script
that raises what is on hand or lowers what is held calls it. Those up to the rank `after` need not be offered them,
unless the offer was open. Needs `offers` and `waiting`.
"""

OFFERED_BEFORE = """local function offered_before(rank, now, skus)
  local offers = redis.call('HMGET', key.offers, 'due', unpack(skus))
  if offers[1] and tonumber(offers[1]) <= now then
    return ''
  end
  for index, sku in ipairs(skus) do
    local offer = offers[index + 1]
    if offer and next_waiting(sku, string.match(offer, '^%d+ (.*)$'), rank) then
      return sku
    end
  end
end
"""
"""Which of the SKUs, a list, is first to be offered to somebody that waits before `rank`; an empty text, if entries are
due that are not in the index yet. Nothing, if these SKUs may be taken. Needs OFFER.
"""

WAIT = """local function name_of(sku)
  return string.sub(key.changed, 1, -#'changed' - 1) .. 'on_hand:' .. sku
end
local function note_due()
  local first = redis.call('ZRANGE', key.due, 0, 0, 'WITHSCORES')
  if first[2] then
    redis.call('HSET', key.offers, 'due', first[2])
  else
    redis.call('HDEL', key.offers, 'due')
  end
end
local function set_index(command, entry)
  local skus = {}
  for _, sku in ipairs(entry.skus or {}) do
    skus[#skus + 1] = name_of(sku)
    local member = name_of(sku) .. '\\n' .. entry.rank
    if command == 'ZADD' then
      redis.call('ZADD', key.waiting, 0, member)
    else
      redis.call('ZREM', key.waiting, member)
    end
  end
  return skus
end
local function changed_since(seen, body)
  local late = {}
  for _, sku in ipairs(cjson.decode(body).skus) do
    if tonumber(redis.call('ZSCORE', key.changed, name_of(sku)) or 0) > tonumber(seen) then
      late[name_of(sku)] = true
    end
  end
  return late
end
local function begin_waiting(decision, body, now, seen, late)
  local entry = cjson.decode(body)
  redis.call('HSET', key.backlog, decision, body)
  redis.call('HSET', key.offered, decision, seen .. ' ')
  if entry.not_before and entry.not_before > tonumber(now) then
    redis.call('ZADD', key.due, entry.not_before, decision)
    note_due()
    return
  end
  set_index('ZADD', entry)
  if next(late) then
    offer(late, note_changes({[key.offers] = true}), string.match(entry.rank, '^(.*\\n)'))
  end
end
local function stop_waiting(decision)
  local body = redis.call('HGET', key.backlog, decision)
  if not body then
    return false
  end
  set_index('ZREM', cjson.decode(body))
  redis.call('HDEL', key.backlog, decision)
  redis.call('HDEL', key.offered, decision)
  if redis.call('ZREM', key.due, decision) == 1 then
    note_due()
  end
  return true
end
"""
"""`changed_since` answers which SKUs of an entry have changed after the stamp `seen`, that of the snapshot on which
they were left unfilled. `begin_waiting` adds the entry to the backlog and, unless it is to wait for an instant, to the
index; those SKUs, `late`, are offered to it. `stop_waiting` takes it off again; false if it does not wait. Needs
`backlog`, `waiting`, `due`, `offers`, `offered`, `changed`, OFFER and NOTE_CHANGES.
"""
