-- Takes a scheduled version that can't be read off the schedule, so that the one before it goes on deciding.
--
-- KEYS  1 scheduled policies  2 history
-- ARGV  1 instant:version  2 version  3 now (UTC seconds)  4 who  5 note
-- Done once, however many find it: only the first takes it off.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call(
    'XADD', KEYS[2], '*', 'act', 'refused', 'version', ARGV[2], 'who', ARGV[4], 'at', ARGV[3], 'note', ARGV[5]
  )
end
return 'done'
