-- Reserves tracking numbers of ranges (see parts/number_ranges.lua). Whoever calls it waits until replicas have that
-- before any of them is given out.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the ranges as JSON, as `script_ranges` in number_ranges.py makes them  2 how many are to be given out next
-- Answers the replicas that follow the server; or 'exhausted', if there are not that many any more.
if not reserve_tracking_numbers(key.tracking_serials, cjson.decode(ARGV[1]), tonumber(ARGV[2]), run_of_server()) then
  return 'exhausted'
end
return tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)') or 0)
