-- Lets a hold last longer; never shorter.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 now  2 hold id  3 until  4 what tells another request under the same operation
--       5 seconds an operation is kept
-- Answers {'done' or 'again', until}; {'reused'} if the operation was used for another request; {'ended'} if the hold has
-- ended, or its time is over.
local id = ARGV[2]

local earlier = redis.call('GET', key.operation)
if earlier then
  local request, ends = string.match(earlier, '^([^\n]*)\n.-([^\n]*)$')
  return request == ARGV[4] and {'again', ends} or {'reused'}
end

local ends = redis.call('HGET', key.hold, 'until')
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then
  return {'ended'}
end
if tonumber(ARGV[3]) > tonumber(ends) then
  ends = ARGV[3]
  redis.call('HSET', key.hold, 'until', ends)
  redis.call('ZADD', key.expiring, ends, id)
  redis.call('XADD', key.log, '*', 'kind', 'extended', 'id', id, 'at', ARGV[1], 'until', ends, unpack(signature))
end
redis.call('SET', key.operation, ARGV[4] .. '\n' .. ends, 'EX', ARGV[5])
return {'done', ends}
