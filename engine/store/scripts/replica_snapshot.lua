-- Reads on a replica what snapshot.lua reads on its primary. No hold can be ended there, so this answers which holds'
-- time is over, and what those that the caller named hold, for it to leave them out. The text of snapshot.lua is put
-- before this, as the function `snapshot`.
--
-- Keys, by the names in script_keys.py; `expiring` is a key that never is, so that snapshot.lua finds no hold to end,
-- and expired_hold is that of each hold named.
-- ARGV  those of snapshot.lua but the last, then most ids answered, number of holds named, of periods, of SKUs
-- Answers {ids of the holds whose time is over, the fields of each hold named, what snapshot.lua answers}.
local holds = {}
for index = 1, tonumber(ARGV[#ARGV - 2]) do
  holds[index] = redis.call('HGETALL', key.expired_hold(index))
end
local expired = redis.call('ZRANGEBYSCORE', key.holds_by_expiry, '-inf', ARGV[1], 'LIMIT', 0, ARGV[#ARGV - 3])
return {expired, holds, snapshot()}
