-- Entries of the backlog that begin and stop to wait. Of what set_index and changed_since take, shipments have `rank` and
-- `skus` as well (see index_promises.lua). Needs `backlog`, `waiting`, `due`, `offers`, `offered`, `changed`,
-- for `changed_since` also `facts`, and the parts `offer` and `note_changes`.

-- The rank in an entry's body or, if the order's id has a quotation mark, as much of it as may change.
local RANK = '"rank":"[^"]*"'

local function name_of(sku)
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

-- Entries of a release that ranked none are in the index once they are given a rank.
local function set_index(command, entry)
  local skus = {}
  for _, sku in ipairs(entry.rank ~= '' and entry.skus or {}) do
    skus[#skus + 1] = name_of(sku)
    local member = name_of(sku) .. '\n' .. entry.rank
    if command == 'ZADD' then
      redis.call('ZADD', key.waiting, 0, member)
    else
      redis.call('ZREM', key.waiting, member)
    end
  end
  return skus
end

-- Which SKUs of an entry have changed after the stamp `seen`, that of the snapshot on which they were left unfilled.
-- A load and a repair change any.
local function changed_since(seen, body)
  local late = {}
  local function changed(member)
    return tonumber(redis.call('ZSCORE', key.changed, member) or 0) > tonumber(seen)
  end
  local any = changed(key.facts)
  for _, sku in ipairs(cjson.decode(body).skus) do
    if any or changed(name_of(sku)) then
      late[name_of(sku)] = true
    end
  end
  return late
end

-- Adds the entry to the backlog and, unless it is to wait for an instant, to the index; the SKUs `late` are offered to
-- it.
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
    offer(late, note_changes({[key.offers] = true}), string.match(entry.rank, '^(.*\n)'))
  end
end

-- Whether the entry of a decision is still as it was read, but for its rank; empty if there was none.
local function is_entry(decision, before)
  local function without_rank(body)
    return (string.gsub(body, RANK, ''))
  end
  return without_rank(redis.call('HGET', key.backlog, decision) or '') == without_rank(before)
end

-- Takes the entry of a decision off the backlog again; false if it does not wait.
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

-- Lets fewer units wait under a decision, by the entry `after`; none, if that is empty. They keep the rank that they have
-- by now. If their instant has come, they are offered what there is, as nothing else tells so any more.
local function replace_waiting(decision, after, now)
  local before, offered = redis.call('HGET', key.backlog, decision), redis.call('HGET', key.offered, decision)
  local is_due = redis.call('ZSCORE', key.due, decision)
  stop_waiting(decision)
  if after ~= '' then
    after = string.gsub(after, RANK, function() return string.match(before, RANK) end)
    begin_waiting(decision, after, now, '0', is_due and changed_since('0', after) or {})
    if offered then
      redis.call('HSET', key.offered, decision, offered)
    end
  end
end
