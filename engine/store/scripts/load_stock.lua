-- Brings in the stock of some SKUs of a load that was begun, and ends it after the last. Whoever meets such a load does.
--
-- KEYS  1 facts  2 SKUs to do, then on_hand, base, stamp and the on_hand brought in of each SKU
-- ARGV  1 name of the load, then the first of what is to do, as it was read: + and a SKU, or - and one without stock
-- Answers 'more'; 'over' if the load is at its end, or is none any more; 'later' if others have done these SKUs; 'gone'
-- if what was brought in is no more, and changes nothing then.
if redis.call('HGET', KEYS[1], 'load') ~= ARGV[1] then
  return 'over'
end
local count = #ARGV - 1
local first = count > 0 and redis.call('LRANGE', KEYS[2], 0, count - 1) or {}
for index = 1, count do
  if first[index] ~= ARGV[index + 1] then
    return 'later'
  end
end

local function stocked(index)
  return string.sub(ARGV[index + 1], 1, 1) == '+'
end
for index = 1, count do
  if stocked(index) and redis.call('EXISTS', KEYS[4 * index + 2]) == 0 then
    return 'gone'
  end
end
for index = 1, count do
  local at = 4 * index - 1
  redis.call('UNLINK', KEYS[at], KEYS[at + 1], KEYS[at + 2])
  if stocked(index) then
    redis.call('RENAME', KEYS[at + 3], KEYS[at])
    redis.call('PERSIST', KEYS[at])
  end
end
redis.call('LTRIM', KEYS[2], count, -1)
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 'more'
end
redis.call('HSET', KEYS[1], 'version', redis.call('HGET', KEYS[1], 'becomes'))
redis.call('HDEL', KEYS[1], 'becomes', 'load')
return 'over'
