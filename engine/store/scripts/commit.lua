-- Takes the holds of a decision and logs it: all of it or nothing.
--
-- Keys, by the names in script_keys.py; claimed_on_hand and claimed_held are those of each claim's SKU.
-- ARGV  1 decision id  2 the log entry's body  3 the request as JSON (see `_request` in ledger.py). What goes into a
--       command unchanged is text there, because a number of a script takes longer to write.
-- Answers {'done'}, {'key', decision id} if the idempotency key was used before, {'network'} if the network is another
-- than the decision was made in, {'policies'} if another policy version is active, {'stale', node} if a node can't give
-- what is claimed of it any more, its stock or load is not as it must be, or it rests, or {'full', open holds} if the
-- caller has as many holds as it may.
-- The log's `stood` has for each claim what was on hand and held just before, and the floor that was computed from it.
local DAYS_KEPT = 4 * 86400
local call = redis.call
local id, request = ARGV[1], cjson.decode(ARGV[3])

local function floor_of(reserves, on_hand)
  if type(reserves) == 'number' then
    return reserves
  end
  local floor = 0
  for _, reserve in ipairs(reserves) do
    local units, share = reserve[1], reserve[2]
    floor = floor + (share == 0 and units or math.max(units, math.ceil(on_hand * share / 10000)))
  end
  return floor
end

local function outside(range, value)
  return range and (value < range[1] or value > range[2])
end

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
if call('HEXISTS', key.decisions, id) == 1 then
  return {'done'}
end
if request.key_seconds then
  local decision = call('GET', key.idempotency)
  if decision then
    return {'key', decision}
  end
end
local version, rests_until = unpack(call('HMGET', key.facts, 'version', 'rests'))
if version ~= request.network then
  return {'network'}
end
local due = call('ZRANGE', key.scheduled_policies, request.policies_at, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
if (due and string.match(due, ':(.+)') or call('GET', key.active_policy)) ~= request.policies then
  return {'policies'}
end

local stood = {}
for index, claim in ipairs(request.claims) do
  local node, units, reserves, on_hand_range, held_range, available_range = unpack(claim, 1, 6)
  local on_hand = call('HGET', key.claimed_on_hand(index), node) or '0'
  local held = call('HGET', key.claimed_held(index), node) or '0'
  local floor = floor_of(reserves, on_hand)
  if on_hand - held - floor < tonumber(units) or outside(on_hand_range, tonumber(on_hand))
      or outside(held_range, tonumber(held)) or outside(available_range, math.max(0, on_hand - held)) then
    return {'stale', node}
  end
  stood[index] = on_hand .. ' ' .. held .. ' ' .. floor
end
local policies_at = tonumber(request.policies_at)
local some_node_rests = rests_until and tonumber(rests_until) > policies_at
for _, room in ipairs(request.rooms) do
  local node, shipments, most, load_range = unpack(room, 1, 4)
  local load = call('HGET', key.load, node)
  if most and (load or 0) + shipments > most or outside(load_range, tonumber(load or 0)) then
    return {'stale', node}
  end
  -- the rest may have begun after the decision's snapshot
  local rest = some_node_rests and call('HGET', key.resting, node)
  if rest and tonumber(string.match(rest, '^%d+')) > policies_at then
    return {'stale', node}
  end
end
local takes_hold = #request.claims > 0
if takes_hold and request.max_holds then
  local open_holds = call('HGET', key.open_holds, request.caller) or '0'
  if tonumber(open_holds) >= request.max_holds then
    return {'full', open_holds}
  end
end

for index, claim in ipairs(request.claims) do
  call('HINCRBY', key.claimed_held(index), claim[1], claim[2])
end
for _, room in ipairs(request.rooms) do
  call('HINCRBY', key.load, room[1], room[2])
end
if takes_hold then
  call('HSET', key.hold, 'until', request.hold_until, 'caller', request.caller, 'day', request.day,
    unpack(request.shipments))
  call('HINCRBY', key.open_holds, request.caller, 1)
  call('ZADD', key.expiring, request.hold_until, id)
  -- set again by each decision: the ledger check expects the days to count from the last one
  call('EXPIRE', key.load, DAYS_KEPT)
end
local entry = call('XADD', key.log, '*', 'kind', 'decided', 'id', id, 'at', request.now,
  'caller', request.caller, 'day', request.day, 'stood', table.concat(stood, ','), 'body', ARGV[2])
call('HSET', key.decisions, id, entry)
if request.key_seconds then
  call('SET', key.idempotency, id, 'EX', request.key_seconds)
end
return {'done'}
