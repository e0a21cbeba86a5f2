-- Reserves tracking numbers of ranges (see parts/number_ranges.lua). Whoever calls it waits until replicas have that
-- before any of them is given out.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the ranges as JSON, as `script_ranges` in number_ranges.py makes them  2 how many are to be given out next  3 up
--       to where the installation had marked ranges of the network, as JSON by field  4 the same as it is now; empty: only
--       say up to where each range would be reserved, and change nothing
-- Answers {'done', the replicas that follow the server, and, in pairs, field and serial up to where it is reserved};
-- {'exhausted'}, if there are not that many any more; {'again'}, if more would be reserved than was marked.
local limits = ARGV[4] ~= '' and cjson.decode(ARGV[4]) or nil
local reserved, why = reserve_tracking_numbers(
  key.tracking_serials, key.parcel_numbers, cjson.decode(ARGV[1]), tonumber(ARGV[2]), run_of_server(),
  cjson.decode(ARGV[3]), limits
)
if not reserved then
  return {why}
end
local replicas = string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)') or '0'
local answer = {'done', replicas}
for field, serial in pairs(reserved) do
  answer[#answer + 1], answer[#answer + 2] = field, string.format('%.0f', serial)
end
return answer
