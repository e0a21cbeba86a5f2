-- Notes what became of a request that was claimed under an idempotency key.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the attempt  2 'answered', 'undone' if it changed nothing, so that the key is free again, or 'unknown' if the same
--       request has to find out  3 the answer
-- Changes nothing if another attempt has taken over meanwhile.
if redis.call('HGET', key.request, 'attempt') ~= ARGV[1] then
  return
end
if ARGV[2] == 'answered' then
  redis.call('HSET', key.request, 'answer', ARGV[3])
elseif ARGV[2] == 'undone' then
  redis.call('DEL', key.request)
else
  redis.call('HSET', key.request, 'until', 0)
end
