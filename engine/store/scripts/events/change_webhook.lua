-- Stores what changed of a webhook, if nothing else of it was changed since it was read.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 its id  2 the version that was read, or nothing of a new one  3 JSON of {webhook, state, progress, lanes, dead}: the
--       first three as they are stored, left out if they stay; of lanes and dead letters what is stored by name, false if
--       it goes  4 the kind of the log entry, nothing of what a deliverer did  5 now (UTC seconds)  6 the entry's body
-- Answers 1; 0 if it was changed or removed meanwhile.
local change = cjson.decode(ARGV[3])
if (redis.call('HGET', key.webhook, 'version') or '') ~= ARGV[2] then
  return 0
end
if change.webhook then
  redis.call('HSET', key.webhooks, ARGV[1], change.webhook)
end
if change.progress then
  redis.call('HSET', key.webhook_progress, ARGV[1], change.progress)
end
if change.state then
  redis.call('HSET', key.webhook, 'state', change.state)
end
local function store(name, fields)
  for field, value in pairs(fields) do
    if value then
      redis.call('HSET', name, field, value)
    else
      redis.call('HDEL', name, field)
    end
  end
end
store(key.webhook_lanes, change.lanes)
store(key.webhook_dead, change.dead)
redis.call('HINCRBY', key.webhook, 'version', 1)
if ARGV[4] ~= '' then
  redis.call('XADD', key.log, '*', 'kind', ARGV[4], 'id', ARGV[1], 'at', ARGV[5], 'body', ARGV[6], unpack(signature))
end
return 1
