-- Stores what becomes of a what-if or a gate that was asked for: that it waits, is run, has come further, or has ended.
-- What is to be tried may have personal values in it, so it is kept until then only.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the request as JSON: the job's `id`; `from`, the states in which it is changed, by name, `none` if there is no
--       such job yet; `turn`, the process that must be running it, left out if that makes no difference; `fields`, pairs
--       of a field and its value from now on; `at`, of a new one, or of one that begins anew, its instant; `most`, of a
--       new one that counts among those that wait, how many of these there may be; `keep`, once it has ended, for how
--       many seconds it is known
--       2 its result, empty if it has none
-- Answers 1; 0 if it was not changed; -1 if too many wait.
local request = cjson.decode(ARGV[1])
local state = redis.call('HGET', key.whatif_job, 'state') or 'none'
if not request.from[state] then
  return 0
end
if request.turn and redis.call('HGET', key.whatif_job, 'turn') ~= request.turn then
  return 0
end
if request.most and redis.call('SCARD', key.whatif_waiting) >= request.most then
  return -1
end
if request.at then
  redis.call('UNLINK', key.whatif_job, key.whatif_result)
end
redis.call('HSET', key.whatif_job, unpack(request.fields))
if request.most then
  redis.call('SADD', key.whatif_waiting, request.id)
elseif not request.at then
  redis.call('SREM', key.whatif_waiting, request.id)
end
if request.at then
  redis.call('ZADD', key.whatif_jobs, request.at, request.id)
  redis.call('ZADD', key.whatif_unended, request.at, request.id)
end
if ARGV[2] ~= '' then
  redis.call('SET', key.whatif_result, ARGV[2], 'EX', request.keep)
end
if request.keep then
  redis.call('ZREM', key.whatif_unended, request.id)
  redis.call('HDEL', key.whatif_job, 'request')
  redis.call('EXPIRE', key.whatif_job, request.keep)
end
return 1
