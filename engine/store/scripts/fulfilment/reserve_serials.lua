-- Reserves serial references of a range (see parts/serials.lua). Whoever calls it waits until replicas have that before
-- any of them is given out.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the range as JSON (see serials.py)  2 how many are to be given out next  3 up to where the installation had
--       marked the range before (see mark_serials.lua)  4 up to where it has now
-- Answers the replicas that follow the server; or 'exhausted', if there are not that many any more.
local range, count, marked = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local next, reserved, run, mark = serials_of(range)
local current = run_of_server()
if run ~= current then
  next = math.max(next, reserved)
end
if mark < marked then  -- it was reset, or is that of an older backup
  next = math.max(next, marked)
end
if next + count > range.most then
  return 'exhausted'
end
reserved = math.max(reserved, next)
repeat
  reserved = reserved + range.block
until next + count <= reserved - range.block
keep_serials(range, next, reserved, current, tonumber(ARGV[4]))
return tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)') or 0)
