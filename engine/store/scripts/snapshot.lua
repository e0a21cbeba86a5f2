-- Reads everything one decision needs, at one moment, once no hold is left whose time has come.
--
-- KEYS  1 facts  2 active policy  3 idempotency key  4 load of the day  5 expiring  6 scheduled policies
--       7 nodes that rest, then on_hand and held of each SKU
-- A hash is answered as one text, a name or what it has a line: no name has a line break in it, and so the server
-- makes, and the caller reads, one answer a hash and not two a node.
-- ARGV  1 now (UTC seconds)  2 the instant whose policies decide
-- A policy version that was scheduled and is due is answered as `instant:version`.
-- Answers {'expired', hold ids} if holds have to end first (end_hold.lua does that); it is then to be sent again.
local MOST_AT_ONCE = 100
local call = redis.call
local now = ARGV[1]

local function lines(key)
  return table.concat(call('HGETALL', key), '\n')
end

local expired = call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'LIMIT', 0, MOST_AT_ONCE)
if #expired > 0 then
  return {'expired', expired}
end

local due = call('ZRANGE', KEYS[6], ARGV[2], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)
local version, rests = unpack(call('HMGET', KEYS[1], 'version', 'rests'))
local found = {
  version,
  due[1] or call('GET', KEYS[2]),
  call('GET', KEYS[3]),
  lines(KEYS[4]),
  rests and tonumber(rests) > tonumber(ARGV[2]) and lines(KEYS[7]) or '',
}
for index = 8, #KEYS do
  found[#found + 1] = lines(KEYS[index])
end
return found
