-- Begins to put a network that was brought in beside the one there in its place: from here on it is the one that counts,
-- and until load_stock.lua has brought in its stock as well, none is read and nothing is committed.
--
-- KEYS  1 facts  2 products  3 facts brought in  4 products brought in  5 SKUs to do  6 those of the load that it mends
--       7 active policy  8 scheduled policies
-- ARGV  1 the network version there was, or nothing  2 number of products there were  3 number of SKUs to do
--       4 name of the load  5 seconds that what was brought in must last  6 name of the load that it mends, or nothing
--       7 the active policy version that the network was checked against, or nothing, then what was scheduled
-- Answers 'done'; or changes nothing: 'changed' if the network there is another by now, or being loaded by another, 'gone'
-- if what was brought in is no more, or not for long, or is in its place already, the answer to that having been lost,
-- 'policies' if others are active or scheduled by now than the network was checked against.
if redis.call('HGET', KEYS[1], 'load') == ARGV[4] then
  return 'done'
end
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1]
  or (redis.call('HGET', KEYS[1], 'load') or '') ~= ARGV[6]
  or redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[2]) then
  return 'changed'
end
if redis.call('TTL', KEYS[3]) < tonumber(ARGV[5]) or redis.call('LLEN', KEYS[5]) ~= tonumber(ARGV[3]) then
  return 'gone'
end
local scheduled = redis.call('ZRANGE', KEYS[8], 0, -1)
if (redis.call('GET', KEYS[7]) or '') ~= ARGV[7] or #scheduled ~= #ARGV - 7 then
  return 'policies'
end
for index, entry in ipairs(scheduled) do
  if entry ~= ARGV[7 + index] then
    return 'policies'
  end
end

local function take(from, to)
  redis.call('UNLINK', to)
  if redis.call('EXISTS', from) == 1 then
    redis.call('RENAME', from, to)
    redis.call('PERSIST', to)
  end
end
-- who rests goes on resting
local rests = redis.call('HGET', KEYS[1], 'rests')
take(KEYS[3], KEYS[1])
if rests then
  redis.call('HSET', KEYS[1], 'rests', rests)
end
take(KEYS[4], KEYS[2])
redis.call('PERSIST', KEYS[5])
-- of a load that nobody can bring to its end this alone has no end of its own
redis.call('UNLINK', KEYS[6])
return 'done'
