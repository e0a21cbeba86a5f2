-- Takes the holds of a decision and logs it: all of it or none.
--
-- KEYS  1 decisions  2 log  3 facts  4 active policy  5 scheduled policies  6 idempotency key  7 load of the day
--       8 expiring  9 hold  10 open holds  11 nodes that rest, then on_hand and held of each claim
-- ARGV  1 decision id  2 the log's entry  3 what is asked, as JSON (see `_asked` in ledger.py); what goes into a command
--       as it came is text there, for a script's number takes longer to write
-- The log's `stood` says of each claim what was on hand and held just before, and the floor there was then.
-- Answers {'done'}, {'key', decision id} if the idempotency key was used before, {'network'} if another is loaded by now,
-- {'policies'} if others decide by now, {'stale', node} if stock, load or rest of the node have changed, or
-- {'full', open holds} if the caller has all it may.
local DAYS_KEPT = 4 * 86400
local CLAIMS = 11
local call = redis.call
local id, asked = ARGV[1], cjson.decode(ARGV[3])

local function floor_of(reserves, there)
  if type(reserves) == 'number' then
    return reserves
  end
  local floor = 0
  for _, reserve in ipairs(reserves) do
    local units, share = reserve[1], reserve[2]
    floor = floor + (share == 0 and units or math.max(units, math.ceil(there * share / 10000)))
  end
  return floor
end

local function changed(seen, now)
  return seen and seen ~= tonumber(now)
end

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
if call('HEXISTS', KEYS[1], id) == 1 then
  return {'done'}
end
if asked.key_seconds then
  local decision = call('GET', KEYS[6])
  if decision then
    return {'key', decision}
  end
end
local version, rests = unpack(call('HMGET', KEYS[3], 'version', 'rests'))
if version ~= asked.network then
  return {'network'}
end
local due = call('ZRANGE', KEYS[5], asked.policies_at, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
if (due and string.match(due, ':(.+)') or call('GET', KEYS[4])) ~= asked.policies then
  return {'policies'}
end

local stood = {}
for index, claim in ipairs(asked.claims) do
  local node, units, reserves, seen_there, seen_taken = unpack(claim, 1, 5)
  local there = call('HGET', KEYS[CLAIMS + 2 * index - 1], node) or '0'
  local taken = call('HGET', KEYS[CLAIMS + 2 * index], node) or '0'
  local floor = floor_of(reserves, there)
  if there - taken - floor < tonumber(units) or changed(seen_there, there) or changed(seen_taken, taken) then
    return {'stale', node}
  end
  stood[index] = there .. ' ' .. taken .. ' ' .. floor
end
local instant = tonumber(asked.policies_at)
local somebody_rests = rests and tonumber(rests) > instant
for _, room in ipairs(asked.rooms) do
  local node, shipments, most, seen = unpack(room, 1, 4)
  local load = call('HGET', KEYS[7], node)
  if most and (load or 0) + shipments > most or changed(seen, load or 0) then
    return {'stale', node}
  end
  -- the decision may have been read before the rest began
  local rest = somebody_rests and call('HGET', KEYS[11], node)
  if rest and tonumber(string.match(rest, '^%d+')) > instant then
    return {'stale', node}
  end
end
local holds = #asked.claims > 0
if holds and asked.most then
  local open = call('HGET', KEYS[10], asked.caller) or '0'
  if tonumber(open) >= asked.most then
    return {'full', open}
  end
end

for index, claim in ipairs(asked.claims) do
  call('HINCRBY', KEYS[CLAIMS + 2 * index], claim[1], claim[2])
end
for _, room in ipairs(asked.rooms) do
  call('HINCRBY', KEYS[7], room[1], room[2])
end
if holds then
  call('HSET', KEYS[9], 'until', asked.hold_until, 'caller', asked.caller, 'day', asked.day, unpack(asked.parts))
  call('HINCRBY', KEYS[10], asked.caller, 1)
  call('ZADD', KEYS[8], asked.hold_until, id)
  -- with each decision anew: the check counts from the last one
  call('EXPIRE', KEYS[7], DAYS_KEPT)
end
local entry = call('XADD', KEYS[2], '*', 'kind', 'decided', 'id', id, 'at', asked.now,
  'caller', asked.caller, 'day', asked.day, 'stood', table.concat(stood, ','), 'body', ARGV[2])
call('HSET', KEYS[1], id, entry)
if asked.key_seconds then
  call('SET', KEYS[6], id, 'EX', asked.key_seconds)
end
return {'done'}
