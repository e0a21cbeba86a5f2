-- Stores what becomes of a print job: that it is being sent, is printed or dead, waits again, or is taken away.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the request as JSON: the job's `id` and `node`, `before`, its text as it was read, and `after`, its text from now
--       on, or null if it is taken away; `state`, that it then has; `at`, UTC microseconds; `forget`, the instant before
--       which those that ended are forgotten; and of one that is dead by now the `fields` of the log entry
-- Answers 1; 0 if the job is another by now.
local request = cjson.decode(ARGV[1])
local call = redis.call
local id = request.id

if (call('HGET', key.print_jobs, id) or '') ~= request.before then
  return 0
end
if request.after == cjson.null then
  call('HDEL', key.print_jobs, id)
else
  call('HSET', key.print_jobs, id, request.after)
end
if request.state ~= 'queued' then
  call('ZREM', key.print_queue, id)
elseif not call('ZSCORE', key.print_queue, id) then
  call('ZADD', key.print_queue, request.at, id)
end
for _, state in ipairs({'printed', 'dead'}) do
  call('ZREM', key['print_' .. state], id)
end
if request.after ~= cjson.null and request.state ~= 'queued' then
  call('ZADD', key['print_' .. request.state], request.at, id)
end
if call('EXISTS', key.print_queue) == 1 then
  call('SADD', key.print_nodes, request.node)
else
  call('SREM', key.print_nodes, request.node)
end
for _, state in ipairs({'printed', 'dead'}) do
  local old = call('ZRANGEBYSCORE', key['print_' .. state], '-inf', '(' .. request.forget, 'LIMIT', 0, 100)
  for _, job in ipairs(old) do
    call('HDEL', key.print_jobs, job)
    call('ZREM', key['print_' .. state], job)
  end
end
if request.fields then
  call('XADD', key.log, '*', unpack(signed(request.fields)))
end
return 1
