-- Removes a webhook and all that is stored of it, and logs that.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 its id  2 now (UTC seconds)  3 the log entry's body
-- Answers 1; 0 if there is none.
if redis.call('HDEL', key.webhooks, ARGV[1]) == 0 then
  return 0
end
redis.call('HDEL', key.webhook_progress, ARGV[1])
redis.call('UNLINK', key.webhook, key.webhook_lanes, key.webhook_dead)
redis.call('XADD', key.log, '*', 'kind', 'webhook_removed', 'id', ARGV[1], 'at', ARGV[2], 'body', ARGV[3],
  unpack(signature))
return 1
