-- Keeps what was begun at a carrier for a shipment, unless somebody else began something else meanwhile.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 what was there when the caller looked; empty: nothing  2 what is to stand there  3 for how many seconds
-- Answers what stands there now.
local stands = redis.call('GET', key.booked) or ''
if stands ~= ARGV[1] then
  return stands
end
redis.call('SET', key.booked, ARGV[2], 'EX', ARGV[3])
return ARGV[2]
