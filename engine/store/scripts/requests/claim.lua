-- Lets one of several requests under the same idempotency key be carried out.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 what tells another request under the same key  2 a name for this attempt  3 for how many milliseconds the others
--       are kept out, in case that this one never ends  4 for how many seconds the key is remembered
-- Answers {'claimed'}, {'running'} if another attempt is carried out, {'answered', answer}, or {'other'} if the key is that
-- of another request.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local stored = redis.call('HMGET', key.request, 'request', 'answer', 'until')
if stored[1] and stored[1] ~= ARGV[1] then
  return {'other'}
end
if stored[2] then
  return {'answered', stored[2]}
end
if stored[3] and tonumber(stored[3]) > now then
  return {'running'}
end
redis.call('HSET', key.request, 'request', ARGV[1], 'attempt', ARGV[2], 'until', now + tonumber(ARGV[3]))
redis.call('EXPIRE', key.request, ARGV[4])
return {'claimed'}
