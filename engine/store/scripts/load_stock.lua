-- Puts the staged stock of some SKUs in place, and completes the load after the last of them. A reader that finds an
-- unfinished load completes it.
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
for index = 1, count do
  redis.call('UNLINK', key.on_hand(index), key.base(index), key.stamp(index), key.journal(index))
  if has_stock(index) then
    redis.call('RENAME', key.staged_on_hand(index), key.on_hand(index))
    redis.call('PERSIST', key.on_hand(index))
  end
end
local skus = {}
for index = 1, count do
  if has_stock(index) then
    skus[key.on_hand(index)] = true
  end
end
offer(skus, next(skus) and note_changes({[key.facts] = true}))
redis.call('LTRIM', key.todo, count, -1)
if redis.call('EXISTS', key.todo) == 1 then
  return 'more'
end
redis.call('HSET', key.facts, 'version', redis.call('HGET', key.facts, 'becomes'))
redis.call('HDEL', key.facts, 'becomes', 'load')
-- any stock may be another now: one stamp of all in place of those of the SKUs
note_changes({[key.facts] = true})
redis.call('ZREMRANGEBYRANK', key.changed, 0, -2)
return 'over'
