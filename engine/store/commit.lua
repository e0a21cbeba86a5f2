-- Takes the holds of a decision and logs it: all of it or none.
--
-- KEYS  1 decisions  2 log  3 facts  4 active policy  5 idempotency key  6 load of the day  7 expiring  8 hold
--       9 scheduled policies, then on_hand and held of each claim, and last nodes that rest, open holds
-- ARGV  1 decision id  2 now  3 entry  4 network version  5 policy version  6 idempotency seconds (0: no key)
--       7 hold ends at  8 caller  9 most open holds (-1: any number)  10 the instant whose policies decide
--       11 date of the load  12 number of claims  13 number of shipments, then number and JSON of each, for the hold
--       then node, units, floor of each claim; a floor is a number or the sum of units:share,
--       each the larger of so many units and so many basis points of what is on hand
--       then node, shipments, most (-1: any number) of each node that ships
--       After a floor or a most may follow |on_hand held or |load: what must be as it was, or -.
-- The log's `stood` says of each claim what was on hand and held just before, and the floor there was then.
-- Answers {'done'}, {'key', decision id} if the idempotency key was used before, {'policies'} if others decide by now,
-- {'stale', what changed},
-- or {'full', open holds} if the caller has all it may.
local DAYS_KEPT = 4 * 86400

local function floor_of(reserves, there)
  local floor = tonumber(reserves)
  if floor then
    return floor
  end
  floor = 0
  for units, share in string.gmatch(reserves, '(-?%d+):(%d+)') do
    units, share = tonumber(units), tonumber(share)
    floor = floor + (share == 0 and units or math.max(units, math.ceil(there * share / 10000)))
  end
  return floor
end

local function changed(seen, now)
  return seen and seen ~= '-' and tonumber(seen) ~= now
end

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  return {'done'}
end
if ARGV[6] ~= '0' then
  local decision = redis.call('GET', KEYS[5])
  if decision then
    return {'key', decision}
  end
end
local version, rests = unpack(redis.call('HMGET', KEYS[3], 'version', 'rests'))
if version ~= ARGV[4] then
  return {'stale', 'facts'}
end
local due = redis.call('ZRANGE', KEYS[9], ARGV[10], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
if (due and string.match(due, ':(.+)') or redis.call('GET', KEYS[4])) ~= ARGV[5] then
  return {'policies'}
end

local claims, parts = tonumber(ARGV[12]), tonumber(ARGV[13])
local first = 14 + 2 * parts
local at, stood = first, {}
for index = 1, claims do
  local on_hand, held = KEYS[8 + 2 * index], KEYS[9 + 2 * index]
  local node, units, reserves = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local there = tonumber(redis.call('HGET', on_hand, node) or 0)
  local taken = tonumber(redis.call('HGET', held, node) or 0)
  local floor = floor_of(reserves, there)
  if there - taken - floor < units then
    return {'stale', node}
  end
  local seen_there, seen_taken = string.match(reserves, '|(%S+) (%S+)')
  if changed(seen_there, there) or changed(seen_taken, taken) then
    return {'stale', node}
  end
  stood[index] = there .. ' ' .. taken .. ' ' .. floor
  at = at + 3
end
local rooms = at
local somebody_rests = rests and tonumber(rests) > tonumber(ARGV[10])
while rooms <= #ARGV do
  local most, seen = string.match(ARGV[rooms + 2], '(-?%d+)|?(%S*)')
  local load = tonumber(redis.call('HGET', KEYS[6], ARGV[rooms]) or 0)
  if tonumber(most) >= 0 and load + tonumber(ARGV[rooms + 1]) > tonumber(most)
    or seen ~= '' and changed(seen, load) then
    return {'stale', ARGV[rooms]}
  end
  -- what was read before the rest began
  local rest = somebody_rests and redis.call('HGET', KEYS[#KEYS - 1], ARGV[rooms])
  if rest and tonumber(string.match(rest, '^%d+')) > tonumber(ARGV[10]) then
    return {'stale', ARGV[rooms]}
  end
  rooms = rooms + 3
end

local caller, most, open_holds = ARGV[8], tonumber(ARGV[9]), KEYS[#KEYS]
if claims > 0 and most >= 0 then
  local count = redis.call('HGET', open_holds, caller) or '0'
  if tonumber(count) >= most then
    return {'full', count}
  end
end

at = first
for index = 1, claims do
  redis.call('HINCRBY', KEYS[9 + 2 * index], ARGV[at], ARGV[at + 1])
  at = at + 3
end
for room = at, #ARGV, 3 do
  redis.call('HINCRBY', KEYS[6], ARGV[room], ARGV[room + 1])
end
if claims > 0 then
  redis.call('EXPIRE', KEYS[6], DAYS_KEPT)
  redis.call('HSET', KEYS[8], 'until', ARGV[7], 'caller', caller, 'day', ARGV[11], unpack(ARGV, 14, first - 1))
  redis.call('HINCRBY', open_holds, caller, 1)
  redis.call('ZADD', KEYS[7], ARGV[7], ARGV[1])
end
local entry = redis.call('XADD', KEYS[2], '*', 'kind', 'decided', 'id', ARGV[1], 'at', ARGV[2],
  'caller', caller, 'day', ARGV[11], 'stood', table.concat(stood, ','), 'body', ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], entry)
if ARGV[6] ~= '0' then
  redis.call('SET', KEYS[5], ARGV[1], 'EX', ARGV[6])
end
return {'done'}
