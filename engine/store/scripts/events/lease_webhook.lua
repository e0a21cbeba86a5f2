-- Lets one process at a time send to a webhook: takes the lease, makes it last longer, or gives it back.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 who  2 for how many milliseconds; 0 to give it back
-- Answers 1; 0 if somebody else has it.
local holder = redis.call('GET', key.webhook_lease)
if holder and holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('UNLINK', key.webhook_lease)
else
  redis.call('SET', key.webhook_lease, ARGV[1], 'PX', ARGV[2])
end
return 1
