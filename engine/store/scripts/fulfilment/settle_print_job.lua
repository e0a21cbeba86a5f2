-- Stores what becomes of a print job: that it is asked for, is being sent, is printed or given up, or is taken away.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the request as JSON: the job's `id` and `node`; `before`, its text as it was read, empty if there was none;
--       `after`, its text from now on, left out if it is taken away; the `state` that it then has; `at` (UTC microseconds);
--       `forget`, the instant before which jobs that ended are forgotten; of one that is given up now, the `fields` of
--       the log entry; and of one that somebody has printed, the `access` to be recorded (see audit/accesses.py)
-- Answers 1; 0 if the job is another by now.
local MOST_FORGOTTEN = 100
local request = cjson.decode(ARGV[1])
local call = redis.call
local ended = {printed = key.print_printed, dead = key.print_dead}

if (call('HGET', key.print_jobs, request.id) or '') ~= request.before then
  return 0
end
for _, jobs in pairs(ended) do
  call('ZREM', jobs, request.id)
  for _, id in ipairs(call('ZRANGEBYSCORE', jobs, '-inf', '(' .. request.forget, 'LIMIT', 0, MOST_FORGOTTEN)) do
    call('HDEL', key.print_jobs, id)
    call('ZREM', jobs, id)
  end
end
if request.state ~= 'queued' then
  call('ZREM', key.print_queue, request.id)
elseif call('ZSCORE', key.print_queue, request.id) then
  call('HSET', key.print_jobs, request.id, request.after)
else
  queue_print(request.node, {{request.id, request.after}}, tonumber(request.at))
end
if ended[request.state] then
  call('HSET', key.print_jobs, request.id, request.after)
  call('ZADD', ended[request.state], request.at, request.id)
elseif not request.after then
  call('HDEL', key.print_jobs, request.id)
end
if call('EXISTS', key.print_queue) == 0 then
  call('SREM', key.print_nodes, request.node)
end
if request.access then
  call('XADD', key.accesses, unpack(request.access))
end
if request.fields then
  call('XADD', key.log, '*', unpack(signed(request.fields)))
end
return 1
