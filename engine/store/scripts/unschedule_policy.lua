-- Takes a scheduled version that can't be read off the schedule, so that the one before it stays active.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 instant:version  2 version  3 now (UTC seconds)  4 who  5 note
-- However many callers find such a version, only the first takes it off and notes that in the history.
if redis.call('ZREM', key.scheduled_policies, ARGV[1]) == 1 then
  redis.call('HDEL', key.logged_activations, ARGV[1])
  redis.call(
    'XADD', key.policy_history, '*', 'act', 'refused', 'version', ARGV[2],
    'who', ARGV[4], 'at', ARGV[3], 'note', ARGV[5]
  )
end
return 'done'
