-- Ends shipments of one hold: their goods left (confirmed), or they are let go (released), or their time came (expired).
--
-- KEYS  1 hold  2 expiring  3 log  4 endings  5 operation  6 load of the hold's day  7 open holds
--       8 facts, then on_hand, held and base of each SKU the hold may have
-- ARGV  1 confirmed, released or expired  2 now  3 hold id  4 what is asked, in a word, for the operation
--       5 seconds an operation is kept (0: there is none)  6 numbers of the shipments, as 0,2; empty: all it still holds
--       then the SKUs
-- Answers {'done' or 'again', endings, until}; {'reused'} if the operation was another; {'late'} if it has expired and
-- is to be ended so first; {'living'} if what was to expire has not; {'ended', endings} if nothing of what is asked is
-- still held, or part of it ended otherwise; {'keys'} if a SKU was not declared; {'loading'} if goods are to leave while
-- a network is being loaded, which has to be brought to its end first. Only 'done' changes any units.
local verb, now, id = ARGV[1], tonumber(ARGV[2]), ARGV[3]

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if ARGV[5] ~= '0' then
  local earlier = redis.call('GET', KEYS[5])
  if earlier then
    local asked, said, ends = string.match(earlier, '^([^\n]*)\n([^\n]*)\n(.*)$')
    return asked == ARGV[4] and {'again', said, ends} or {'reused'}
  end
end

local ended = redis.call('HGET', KEYS[4], id)
local ends = redis.call('HGET', KEYS[1], 'until')
if not ends then
  redis.call('ZREM', KEYS[2], id)
  return {'ended', ended or ''}
elseif verb == 'expired' and tonumber(ends) > now then
  redis.call('ZADD', KEYS[2], ends, id)
  return {'living'}
elseif verb ~= 'expired' and tonumber(ends) <= now then
  return {'late'}
end

local claims, living = {}, 0
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  local number = tonumber(fields[at])
  if number then
    claims[number], living = cjson.decode(fields[at + 1]), living + 1
  end
end
local states = {}
if ended then
  for state in string.gmatch(ended, '%S+') do
    states[#states + 1] = state
  end
else
  for _ = 1, living do
    states[#states + 1] = '-'
  end
end

local ending = {}
if ARGV[6] == '' then
  for number = 0, #states - 1 do
    if claims[number] then
      ending[#ending + 1] = number
    end
  end
else
  for number in string.gmatch(ARGV[6], '%d+') do
    number = tonumber(number)
    if claims[number] then
      ending[#ending + 1] = number
    elseif string.match(states[number + 1] or '', '^%a+') ~= verb then
      return {'ended', ended or ''}
    end
  end
end
if #ending == 0 then
  return {'ended', ended or ''}
end

local place = {}
for index = 7, #ARGV do
  place[ARGV[index]] = 9 + 3 * (index - 7)
end
for _, number in ipairs(ending) do
  for _, part in ipairs(claims[number][3]) do
    if not place[part[1]] then
      return {'keys'}
    end
  end
end

-- what left a shelf that is still to be brought in would be on it again; who is let go leaves every shelf as it is
if verb == 'confirmed' and redis.call('HEXISTS', KEYS[8], 'load') == 1 then
  return {'loading'}
end

local moved = {}
for index, number in ipairs(ending) do
  local node, parts = claims[number][1], claims[number][3]
  for _, part in ipairs(parts) do
    local at, units = place[part[1]], part[2]
    if redis.call('HINCRBY', KEYS[at + 1], node, -units) <= 0 then
      redis.call('HDEL', KEYS[at + 1], node)
    end
    if verb == 'confirmed' then
      -- what left is not on hand any more; a shelf that was counted empty before stays so
      local short = redis.call('HINCRBY', KEYS[at], node, -units) < 0
      if short then
        redis.call('HSET', KEYS[at], node, 0)
      end
      moved[#moved + 1] = {at, node, short}
    end
  end
  -- a day that is over has no rooms to give back, and nobody asks for it
  if verb ~= 'confirmed' and tonumber(redis.call('HGET', KEYS[6], node) or 0) > 0 then
    redis.call('HINCRBY', KEYS[6], node, -1)
  end
  redis.call('HDEL', KEYS[1], number)
  states[number + 1] = verb .. ':' .. (verb == 'expired' and ends or ARGV[2])
  ending[index] = tostring(number)
end

local said = table.concat(states, ' ')
redis.call('HSET', KEYS[4], id, said)
if #ending == living then
  local caller = redis.call('HGET', KEYS[1], 'caller')
  if redis.call('HINCRBY', KEYS[7], caller, -1) <= 0 then
    redis.call('HDEL', KEYS[7], caller)
  end
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], id)
end
local entry = redis.call('XADD', KEYS[3], '*', 'kind', verb, 'id', id, 'at', ARGV[2],
  'shipments', table.concat(ending, ','))
for _, move in ipairs(moved) do
  local at, node, short = move[1], move[2], move[3]
  if short or redis.call('HEXISTS', KEYS[at + 2], node) == 0 then
    redis.call('HSET', KEYS[at + 2], node, redis.call('HGET', KEYS[at], node) .. ' ' .. entry)
  end
end
if ARGV[5] ~= '0' then
  redis.call('SET', KEYS[5], ARGV[4] .. '\n' .. said .. '\n' .. ends, 'EX', ARGV[5])
end
return {'done', said, ends}
