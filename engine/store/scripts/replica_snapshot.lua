-- Reads on a replica what snapshot.lua reads on its primary. Nothing can be ended there, so holds whose time has come
-- are told, and those that the reader knows to be such are shown, for it to leave them out. snapshot.lua is put before
-- this, as the function `snapshot`.
--
-- KEYS  1 expiring, then the holds known to have expired; then the keys of snapshot.lua, with one that never is in place
--       of those that expire
-- ARGV  1 number of holds known  2 most holds told; then the arguments of snapshot.lua
-- Answers {ids of the holds whose time has come, the fields of each hold known, what snapshot.lua answers}.
local known = tonumber(ARGV[1])
local keys, arguments, holds = {}, {}, {}
for index = 2, known + 1 do
  holds[#holds + 1] = redis.call('HGETALL', KEYS[index])
end
for index = known + 2, #KEYS do
  keys[#keys + 1] = KEYS[index]
end
for index = 3, #ARGV do
  arguments[#arguments + 1] = ARGV[index]
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', arguments[1], 'LIMIT', 0, ARGV[2])
return {expired, holds, snapshot(keys, arguments)}
