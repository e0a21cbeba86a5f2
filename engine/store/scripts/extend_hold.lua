-- Lets a hold last longer; never shorter.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 now  2 hold id  3 until  4 what tells another request under the same operation
--       5 seconds an operation is kept
-- Answers {'done' or 'again', endings, until}, {'reused'}, {'late'} or {'ended', endings} as end_hold.lua does.
local id = ARGV[2]

local earlier = redis.call('GET', key.operation)
if earlier then
  local request, endings, ends = string.match(earlier, '^([^\n]*)\n([^\n]*)\n(.*)$')
  return request == ARGV[4] and {'again', endings, ends} or {'reused'}
end

local endings = redis.call('HGET', key.endings, id) or ''
local ends = redis.call('HGET', key.hold, 'until')
if not ends then
  return {'ended', endings}
elseif tonumber(ends) <= tonumber(ARGV[1]) then
  return {'late'}
end
if tonumber(ARGV[3]) > tonumber(ends) then
  ends = ARGV[3]
  redis.call('HSET', key.hold, 'until', ends)
  redis.call('ZADD', key.expiring, ends, id)
  redis.call('XADD', key.log, '*', 'kind', 'extended', 'id', id, 'at', ARGV[1], 'until', ends)
end
redis.call('SET', key.operation, ARGV[4] .. '\n' .. endings .. '\n' .. ends, 'EX', ARGV[5])
return {'done', endings, ends}
