-- Puts a network that was brought in beside the one there in its place: all of it or nothing.
--
-- KEYS  1 facts  2 products  3 facts brought in  4 products brought in
--       then on_hand, base and stamp of each SKU there was, and on_hand of each SKU brought in, there and beside
-- ARGV  1 number of SKUs there were, then their names
-- Answers 'done'; or changes nothing: 'changed' if the SKUs that there were are others, 'gone' if what was brought in
-- is no more (it is kept for an hour) or is in its place already, the answer to that having been lost.
local before = tonumber(ARGV[1])

local known, there = {}, redis.call('HKEYS', KEYS[2])
for index = 2, before + 1 do
  known[ARGV[index]] = true
end
if #there ~= before then
  return 'changed'
end
for _, sku in ipairs(there) do
  if not known[sku] then
    return 'changed'
  end
end
local first = 5 + 3 * before
for index = first + 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[index]) == 0 then
    return 'gone'
  end
end
if redis.call('EXISTS', KEYS[3]) == 0 then
  return 'gone'
end

for index = 5, first - 1 do
  redis.call('UNLINK', KEYS[index])
end
redis.call('UNLINK', KEYS[2])
local function take(from, to)
  redis.call('RENAME', from, to)
  redis.call('PERSIST', to)
end
-- who rests goes on resting
local rests = redis.call('HGET', KEYS[1], 'rests')
take(KEYS[3], KEYS[1])
if rests then
  redis.call('HSET', KEYS[1], 'rests', rests)
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  take(KEYS[4], KEYS[2])
end
for index = first, #KEYS, 2 do
  take(KEYS[index + 1], KEYS[index])
end
return 'done'
