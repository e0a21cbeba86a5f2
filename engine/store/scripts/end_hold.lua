-- Ends shipments of one hold: the goods left (confirmed), they stay for other orders (released), or the hold's time is
-- over (expired).
--
-- Keys, by the names in script_keys.py; on_hand, held and base are those of each SKU that the hold may have.
-- ARGV  1 confirmed, released or expired  2 now  3 hold id  4 what tells another request under the same operation
--       5 seconds an operation is kept (0: there is none)  6 numbers of the shipments, as 0,2; empty: all that are
--       still held
--       then the SKUs of the hold
-- Answers {'done' or 'again', endings, until}; {'reused'} if the operation was used for another request; {'late'} if
-- the hold's time is over, so that it must be ended as expired first; {'living'} if the hold that was to expire still has time;
-- {'ended', endings} if nothing of what is asked is still held, or part of it ended otherwise; {'keys'} if a SKU was
-- not declared; {'loading'} if goods are to leave while a network is being loaded, which has to be completed first.
-- Only 'done' changes any units.
local verb, now, id = ARGV[1], tonumber(ARGV[2]), ARGV[3]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if ARGV[5] ~= '0' then
  local earlier = redis.call('GET', key.operation)
  if earlier then
    local request, endings, ends = string.match(earlier, '^([^\n]*)\n([^\n]*)\n(.*)$')
    return request == ARGV[4] and {'again', endings, ends} or {'reused'}
  end
end

local ended = redis.call('HGET', key.endings, id)
local ends = redis.call('HGET', key.hold, 'until')
if not ends then
  redis.call('ZREM', key.expiring, id)
  return {'ended', ended or ''}
elseif verb == 'expired' and tonumber(ends) > now then
  redis.call('ZADD', key.expiring, ends, id)
  return {'living'}
elseif verb ~= 'expired' and tonumber(ends) <= now then
  return {'late'}
end

local shipments, still_held = {}, 0
local fields = redis.call('HGETALL', key.hold)
for at = 1, #fields, 2 do
  local number = tonumber(fields[at])
  if number then
    shipments[number], still_held = cjson.decode(fields[at + 1]), still_held + 1
  end
end
local states = {}
if ended then
  for state in string.gmatch(ended, '%S+') do
    states[#states + 1] = state
  end
else
  for _ = 1, still_held do
    states[#states + 1] = '-'
  end
end

local ending = {}
if ARGV[6] == '' then
  for number = 0, #states - 1 do
    if shipments[number] then
      ending[#ending + 1] = number
    end
  end
else
  for number in string.gmatch(ARGV[6], '%d+') do
    number = tonumber(number)
    if shipments[number] then
      ending[#ending + 1] = number
    elseif string.match(states[number + 1] or '', '^%a+') ~= verb then
      return {'ended', ended or ''}
    end
  end
end
if #ending == 0 then
  return {'ended', ended or ''}
end

local index_of = {}
for index = 7, #ARGV do
  index_of[ARGV[index]] = index - 6
end
for _, number in ipairs(ending) do
  for _, sku_units in ipairs(shipments[number][3]) do
    if not index_of[sku_units[1]] then
      return {'keys'}
    end
  end
end

-- A load puts a SKU's stock in place of what is on hand, so goods that left before that would be on hand again.
-- Released and expired shipments change no on_hand.
if verb == 'confirmed' and redis.call('HEXISTS', key.facts, 'load') == 1 then
  return {'loading'}
end

local moved, changed = {}, {}
for place, number in ipairs(ending) do
  local node = shipments[number][1]
  for _, sku_units in ipairs(shipments[number][3]) do
    local index, units = index_of[sku_units[1]], sku_units[2]
    changed[key.on_hand(index)] = true
    if redis.call('HINCRBY', key.held(index), node, -units) <= 0 then
      redis.call('HDEL', key.held(index), node)
    end
    if verb == 'confirmed' then
      -- what left is not on hand any more; where fewer units were counted than left, none are
      local short = redis.call('HINCRBY', key.on_hand(index), node, -units) < 0
      if short then
        redis.call('HSET', key.on_hand(index), node, 0)
      end
      moved[#moved + 1] = {index, node, short}
    end
  end
  -- the load of a day that is over has expired, and nothing is counted in it any more
  if verb ~= 'confirmed' and tonumber(redis.call('HGET', key.load, node) or 0) > 0 then
    redis.call('HINCRBY', key.load, node, -1)
  end
  redis.call('HDEL', key.hold, number)
  states[number + 1] = verb .. ':' .. (verb == 'expired' and ends or ARGV[2])
  ending[place] = tostring(number)
end

offer(verb ~= 'confirmed' and changed or {}, note_changes(changed))
local endings = table.concat(states, ' ')
redis.call('HSET', key.endings, id, endings)
if #ending == still_held then
  local caller = redis.call('HGET', key.hold, 'caller')
  if redis.call('HINCRBY', key.open_holds, caller, -1) <= 0 then
    redis.call('HDEL', key.open_holds, caller)
  end
  redis.call('DEL', key.hold)
  redis.call('ZREM', key.expiring, id)
end
local entry = redis.call('XADD', key.log, '*', 'kind', verb, 'id', id, 'at', ARGV[2],
  'shipments', table.concat(ending, ','))
for _, move in ipairs(moved) do
  local index, node, short = move[1], move[2], move[3]
  if short or redis.call('HEXISTS', key.base(index), node) == 0 then
    redis.call('HSET', key.base(index), node, redis.call('HGET', key.on_hand(index), node) .. ' ' .. entry)
  end
end
if ARGV[5] ~= '0' then
  redis.call('SET', key.operation, ARGV[4] .. '\n' .. endings .. '\n' .. ends, 'EX', ARGV[5])
end
return {'done', endings, ends}
