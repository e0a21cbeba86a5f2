-- Puts the staged stock of some SKUs in place, and completes the load after the last of them. A reader that finds an
-- unfinished load completes it. Unless the load takes the place of counts as well, positions that were counted since the
-- load before stay as they are, if their node and product still exist.
--
-- Keys, by the names in script_keys.py; on_hand, base, stamp, journal and staged_on_hand are those of each SKU.
-- ARGV  1 name of the load
--       then the first entries of `todo` as they were read: + and a SKU with stock, or - and a SKU without any
-- Answers 'more'; 'over' if the load is complete, or there is none any more; 'later' if others have done these SKUs; or
-- changes nothing: 'gone' if what was staged has been deleted.
if redis.call('HGET', key.facts, 'load') ~= ARGV[1] then
  return 'over'
end
local count = #ARGV - 1
local first = count > 0 and redis.call('LRANGE', key.todo, 0, count - 1) or {}
for index = 1, count do
  if first[index] ~= ARGV[index + 1] then
    return 'later'
  end
end

local function has_stock(index)
  return string.sub(ARGV[index + 1], 1, 1) == '+'
end
for index = 1, count do
  if has_stock(index) and redis.call('EXISTS', key.staged_on_hand(index)) == 0 then
    return 'gone'
  end
end

local nodes = {}
for _, node in ipairs(cjson.decode(redis.call('HGET', key.facts, 'kept_at') or '[]')) do
  nodes[node] = true
end
-- The lots of a node that stay: a list of {field, what is on hand, base or false}.
local function counted_lots(index, node)
  local lots = {}
  for _, field in ipairs(redis.call('HKEYS', key.on_hand(index))) do
    if string.sub(field, 1, #node + 1) == node .. '\t' then
      local base = redis.call('HGET', key.base(index), field)
      lots[#lots + 1] = {field, redis.call('HGET', key.on_hand(index), field), base}
    end
  end
  return lots
end

-- The positions that stay: a list of {node, units, base, stamp, lots}.
local function counted_positions(index)
  local positions = {}
  if not next(nodes) or redis.call('HEXISTS', key.products, string.sub(ARGV[index + 1], 2)) == 0 then
    return positions
  end
  local stamps = redis.call('HGETALL', key.stamp(index))
  for at = 1, #stamps, 2 do
    local node, stamp = stamps[at], stamps[at + 1]
    if nodes[node] then
      local units = redis.call('HGET', key.on_hand(index), node) or '0'
      -- without a base, nothing came or left since the instant of the stamp
      local base = redis.call('HGET', key.base(index), node) or units .. ' ' .. string.match(stamp, '^%a (%d+)')
      positions[#positions + 1] = {node, units, base, stamp, counted_lots(index, node)}
    end
  end
  return positions
end

local skus = {}
for index = 1, count do
  local stay = counted_positions(index)
  redis.call('UNLINK', key.on_hand(index), key.base(index), key.stamp(index))
  if #stay == 0 then
    redis.call('UNLINK', key.journal(index))
  end
  if has_stock(index) then
    redis.call('RENAME', key.staged_on_hand(index), key.on_hand(index))
    redis.call('PERSIST', key.on_hand(index))
  end
  for _, position in ipairs(stay) do
    local node, units, base, stamp, lots = unpack(position)
    for _, lot in ipairs(counted_lots(index, node)) do  -- those that the load brought
      redis.call('HDEL', key.on_hand(index), lot[1])
    end
    for _, lot in ipairs(lots) do
      redis.call('HSET', key.on_hand(index), lot[1], lot[2])
      if lot[3] then
        redis.call('HSET', key.base(index), lot[1], lot[3])
      end
    end
    redis.call('HSET', key.on_hand(index), node, units)
    redis.call('HSET', key.base(index), node, base)
    redis.call('HSET', key.stamp(index), node, stamp)
  end
  if has_stock(index) or #stay > 0 then
    skus[key.on_hand(index)] = true
  end
end
offer(skus, next(skus) and note_changes({[key.facts] = true}))
redis.call('LTRIM', key.todo, count, -1)
if redis.call('EXISTS', key.todo) == 1 then
  return 'more'
end
local kept = redis.call('HEXISTS', key.facts, 'kept_at') == 1
local author = cjson.decode(redis.call('HGET', key.facts, 'author') or cjson.encode(signature))
local details = {products = redis.call('HLEN', key.products), counts = not kept, before = redis.call('HGET', key.facts, 'before') or ''}
redis.call('HSET', key.facts, 'version', redis.call('HGET', key.facts, 'becomes'))
redis.call('HDEL', key.facts, 'becomes', 'load', 'kept_at', 'author', 'before')
-- any stock may be another now: one stamp of all in place of those of the SKUs
note_changes({[key.facts] = true})
redis.call('ZREMRANGEBYRANK', key.changed, 0, -2)
local loaded = tonumber(redis.call('HGET', key.facts, 'loaded') or 0)
redis.call('XADD', key.log, '*', 'kind', 'loaded', 'id', redis.call('HGET', key.facts, 'version'),
  'at', string.format('%.0f', math.floor(loaded / 1000000)), 'details', cjson.encode(details), unpack(author))
return 'over'
