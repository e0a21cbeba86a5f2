-- Lets one process at a time do something: takes the lease for it, makes it last longer, or gives it back.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 who  2 for how many milliseconds; 0 to give it back
-- Answers 1; 0 if somebody else has it.
local holder = redis.call('GET', key.lease)
if holder and holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('UNLINK', key.lease)
else
  redis.call('SET', key.lease, ARGV[1], 'PX', ARGV[2])
end
return 1
