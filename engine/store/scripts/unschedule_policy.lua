-- Takes a version off the schedule: one that can't be read (refused), so that the one before it stays active, or one
-- that somebody no longer wants (unscheduled).
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 instant:version  2 version  3 now (UTC seconds)  4 who  5 note  6 refused or unscheduled
-- However many callers want that, only the first takes it off, and notes that in the history and the log. Answers 'done', or
-- changes nothing: 'gone' if it is not on the schedule, 'due' if it is active already and was not refused.
if ARGV[6] == 'unscheduled' and tonumber(string.match(ARGV[1], '^%d+')) <= tonumber(ARGV[3]) then
  return 'due'
end
if redis.call('ZREM', key.scheduled_policies, ARGV[1]) == 1 then
  redis.call('HDEL', key.logged_activations, ARGV[1])
  redis.call(
    'XADD', key.policy_history, '*', 'act', ARGV[6], 'version', ARGV[2],
    'who', ARGV[4], 'at', ARGV[3], 'note', ARGV[5]
  )
  redis.call('XADD', key.log, '*', 'kind', 'unscheduled', 'id', ARGV[2], 'at', ARGV[3], 'details',
    cjson.encode({because = ARGV[6], since = tonumber(string.match(ARGV[1], '^%d+')), note = ARGV[5]}),
    unpack(ARGV[6] == 'refused' and {} or signature))
  return 'done'
end
return 'gone'
