-- Lets a hold last longer; never shorter.
--
-- KEYS  1 hold  2 expiring  3 log  4 endings  5 operation
-- ARGV  1 now  2 hold id  3 until  4 what is asked, in a word, for the operation  5 seconds an operation is kept
-- Answers {'done' or 'again', endings, until}, {'reused'}, {'late'} or {'ended', endings} as end_hold.lua does.
local id = ARGV[2]

local earlier = redis.call('GET', KEYS[5])
if earlier then
  local asked, said, ends = string.match(earlier, '^([^\n]*)\n([^\n]*)\n(.*)$')
  return asked == ARGV[4] and {'again', said, ends} or {'reused'}
end

local ended = redis.call('HGET', KEYS[4], id) or ''
local ends = redis.call('HGET', KEYS[1], 'until')
if not ends then
  return {'ended', ended}
elseif tonumber(ends) <= tonumber(ARGV[1]) then
  return {'late'}
end
if tonumber(ARGV[3]) > tonumber(ends) then
  ends = ARGV[3]
  redis.call('HSET', KEYS[1], 'until', ends)
  redis.call('ZADD', KEYS[2], ends, id)
  redis.call('XADD', KEYS[3], '*', 'kind', 'extended', 'id', id, 'at', ARGV[1], 'until', ends)
end
redis.call('SET', KEYS[5], ARGV[4] .. '\n' .. ended .. '\n' .. ends, 'EX', ARGV[5])
return {'done', ended, ends}
