-- Counts a request in the period of its caller, which begins with the first one.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 by how many  2 seconds of the period
-- Answers how many there are now, and in how many milliseconds the period ends.
local count = redis.call('INCRBY', key.count, ARGV[1])
local left = redis.call('PTTL', key.count)
if left < 0 then
  left = ARGV[2] * 1000
  redis.call('PEXPIRE', key.count, left)
end
return {count, left}
