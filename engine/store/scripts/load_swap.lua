-- Puts the staged facts and products of a network in place of those there. From here on the new network is the one that
-- counts; until load_stock.lua has put its stock in place as well, no snapshot is read and nothing is committed. Those
-- there before are kept.
--
-- Keys, by the names in script_keys.py; broken_todo is the `todo` of the unfinished load that this one replaces,
-- former_products that of the number of the network that was read.
-- ARGV  1 the network version that was read, or nothing  2 number of products then  3 number of SKUs in `todo`
--       4 name of the load  5 seconds that what was staged must last at least  6 name of the unfinished load that this
--       one replaces, or nothing  7 now (UTC microseconds)  8 the number of the network that was read
--       9 how many flows had begun when it was checked that the network keeps what hangs on it, or '-' if it was not
--       10 the active policy version that the network was checked against, or nothing, then the entries of the schedule
-- Answers 'done', also if it was done before and the answer was lost; or changes nothing: 'changed' if another network
-- is there by now, or another load has begun; 'gone' if what was staged has been deleted, or soon will be; 'policies'
-- if others are active or scheduled by now than the network was checked against; 'flows' if more have begun by now.
if redis.call('HGET', key.facts, 'load') == ARGV[4] then
  return 'done'
end
local version, number = redis.call('HGET', key.facts, 'version'), redis.call('HGET', key.facts, 'number') or '0'
if (version or '') ~= ARGV[1] or number ~= ARGV[8]
  or (redis.call('HGET', key.facts, 'load') or '') ~= ARGV[6]
  or redis.call('HLEN', key.products) ~= tonumber(ARGV[2]) then
  return 'changed'
end
if redis.call('TTL', key.staged_facts) < tonumber(ARGV[5]) or redis.call('LLEN', key.todo) ~= tonumber(ARGV[3]) then
  return 'gone'
end
local scheduled = redis.call('ZRANGE', key.scheduled_policies, 0, -1)
scheduled[#scheduled + 1] = redis.call('GET', key.canary) or nil
if (redis.call('GET', key.active_policy) or '') ~= ARGV[10] or #scheduled ~= #ARGV - 10 then
  return 'policies'
end
for index, entry in ipairs(scheduled) do
  if entry ~= ARGV[10 + index] then
    return 'policies'
  end
end
local flow_starts = redis.call('HGET', key.facts, 'flow_starts')
if ARGV[9] ~= '-' and (flow_starts or '0') ~= ARGV[9] then
  return 'flows'
end

local function replace(to, from)
  redis.call('UNLINK', to)
  if redis.call('EXISTS', from) == 1 then
    redis.call('RENAME', from, to)
    redis.call('PERSIST', to)
  end
end
-- nodes that rest go on resting in the new network
local before = redis.call('HGET', key.facts, 'version')
local rests_until = redis.call('HGET', key.facts, 'rests')
-- so does what says that there are lots and receipts, which stay
local lots, receipts = unpack(redis.call('HMGET', key.facts, 'lots', 'receipts'))
-- what the new stock says is as of now, after all that came and left, and after the load before
local moved = redis.call('HGET', key.facts, 'moved')
local loaded = math.max(tonumber(ARGV[7]), tonumber(moved or 0), tonumber(redis.call('HGET', key.facts, 'loaded') or 0))
-- the same version is the same content
local replaces = version and version ~= redis.call('HGET', key.staged_facts, 'becomes')
if replaces then
  note_former_version(version)
  redis.call('HSET', key.former_networks, number, redis.call('HGET', key.facts, 'body'), 'products ' .. number, 1)
  if redis.call('EXISTS', key.products) == 1 then
    redis.call('RENAME', key.products, key.former_products)
  end
end
replace(key.facts, key.staged_facts)
redis.call('HSET', key.facts, 'number', replaces and number + 1 or number)
redis.call('HSET', key.facts, 'loaded', string.format('%.0f', loaded))
if moved then
  redis.call('HSET', key.facts, 'moved', moved)
end
-- whoever completes the load logs it as this author's
redis.call('HSET', key.facts, 'author', cjson.encode(signature), 'before', before or '')
if lots then
  redis.call('HSET', key.facts, 'lots', lots)
end
if receipts then
  redis.call('HSET', key.facts, 'receipts', receipts)
end
if flow_starts then
  redis.call('HSET', key.facts, 'flow_starts', flow_starts)
end
if rests_until then
  redis.call('HSET', key.facts, 'rests', rests_until)
end
replace(key.products, key.staged_products)
replace(key.product_index, key.staged_product_index)
redis.call('HSET', key.facts, 'indexed', string.format('%.0f', loaded))
redis.call('PERSIST', key.todo)
-- of an unfinished load that can't be completed only this has no expiry
redis.call('UNLINK', key.broken_todo)
return 'done'
