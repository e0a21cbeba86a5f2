-- Notes which positions are low from now on and which are not any more, if it is still the turn of whoever looked.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the name that the lease has  2 milliseconds that the lease is to last from now on  3 now (UTC seconds)
--       4 policy version  5 up to which change, and under what, all positions were looked at then; '' if not yet all
--       6 how many positions the event of this entry tells together, 0 if that of an entry before does; '' if each has
--       an event of its own
--       7 how many positions are low from now on, then of each: SKU and node with a tab between, the units below which
--       it is low, and JSON of it; and then those that are not low any more, SKU and node with a tab between
-- Answers whether it was done.
if redis.call('GET', key.low_lease) ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', key.low_lease, ARGV[2])
local count, fallen = tonumber(ARGV[7]), {}
for place = 8, 7 + 3 * count, 3 do
  if redis.call('HSETNX', key.low_positions, ARGV[place], ARGV[place + 1]) == 1 then
    fallen[#fallen + 1] = ARGV[place + 2]
  end
end
for place = 8 + 3 * count, #ARGV do
  redis.call('HDEL', key.low_positions, ARGV[place])
end
if ARGV[5] ~= '' then
  redis.call('SET', key.low_checked, ARGV[5])
end
if #fallen > 0 then
  local in_event = ARGV[6] ~= '' and ',"in_event":' .. ARGV[6] or ''
  redis.call('XADD', key.log, '*', 'kind', 'stock_low', 'id', ARGV[4], 'at', ARGV[3], 'details',
    '{"positions":[' .. table.concat(fallen, ',') .. ']' .. in_event .. '}', unpack(signature))
end
return 1
