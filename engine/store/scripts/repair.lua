-- Makes one thing of the ledger as the log says, and logs it, if nothing happened since it was looked at.
--
-- KEYS  1 log  2 expiring, then the key of each write
-- ARGV  1 the last entry that the log had then  2 now  3 who  4 what is repaired, as the entry's body  5 its name
--       then field, before, after of each write; = and the value, or nothing where there is none
-- Answers 'done'; or changes nothing: 'later' if the log has gone on, 'changed' if a value is not as it was.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '0-0') ~= ARGV[1] then
  return 'later'
end

local function value(key, field)
  local found
  if key == KEYS[2] then
    found = redis.call('ZSCORE', key, field)
  else
    found = redis.call('HGET', key, field)
  end
  return found and '=' .. found or ''
end

for index = 3, #KEYS do
  local at = 3 * index - 3
  if value(KEYS[index], ARGV[at]) ~= ARGV[at + 1] then
    return 'changed'
  end
end
for index = 3, #KEYS do
  local at = 3 * index - 3
  local key, field, after = KEYS[index], ARGV[at], ARGV[at + 2]
  if key == KEYS[2] then
    redis.call('ZREM', key, field)
    if after ~= '' then
      redis.call('ZADD', key, string.sub(after, 2), field)
    end
  elseif after == '' then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, string.sub(after, 2))
  end
end
redis.call('XADD', KEYS[1], '*', 'kind', 'repaired', 'id', ARGV[5], 'at', ARGV[2], 'caller', ARGV[3], 'body', ARGV[4])
return 'done'
