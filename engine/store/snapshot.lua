-- Reads everything one decision needs, at one moment, after ending the holds whose time has come.
--
-- KEYS  1 facts  2 active policy  3 idempotency key  4 load of the day  5 expiring  6 log  7 scheduled policies
--       then on_hand and held of each SKU
-- ARGV  1 now (UTC seconds)  2 prefix of hold keys  3 prefix of held keys  4 the instant whose policies decide
-- A policy version that was scheduled and is due is answered as `instant:version`.
-- Answers {'more'} if more holds may have to end than one script should take on; it is then to be sent again.
-- Holds that end touch keys not declared here; they share the network's hash tag, so they are on this slot.
local MOST_SWEPT = 100
local now = ARGV[1]

local expired = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'LIMIT', 0, MOST_SWEPT)
for _, id in ipairs(expired) do
  local claims = redis.call('GET', ARGV[2] .. id)
  if claims then
    for _, claim in ipairs(cjson.decode(claims)) do
      local held = ARGV[3] .. claim[1]
      if redis.call('HINCRBY', held, claim[2], -claim[3]) == 0 then
        redis.call('HDEL', held, claim[2])
      end
    end
    redis.call('DEL', ARGV[2] .. id)
    redis.call('XADD', KEYS[6], '*', 'kind', 'expired', 'id', id, 'at', now)
  end
  redis.call('ZREM', KEYS[5], id)
end
if #expired == MOST_SWEPT then
  return {'more'}
end

local due = redis.call('ZRANGE', KEYS[7], ARGV[4], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)
local found = {
  redis.call('HGET', KEYS[1], 'version'),
  due[1] or redis.call('GET', KEYS[2]),
  redis.call('GET', KEYS[3]),
  redis.call('HGETALL', KEYS[4]),
}
for index = 8, #KEYS do
  found[#found + 1] = redis.call('HGETALL', KEYS[index])
end
return found
