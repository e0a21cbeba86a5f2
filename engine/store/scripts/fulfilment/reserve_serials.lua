-- Reserves serial references of a range (see parts/serials.lua). Whoever calls it waits until replicas have that before
-- any of them is given out. It has to be called again until as many as are needed may be given out: under a new run of
-- the server, none may before the second time.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the range as JSON (see serials.py)  2 how many are to be given out next  3 up to where the installation had
--       marked the range before (see mark_serials.lua)  4 up to where it has now
-- Answers the replicas that follow the server; or 'exhausted', if there are not that many any more.
local range, count, marked = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local serials, current = serials_of(range), run_of_server()
if serials.run ~= current then
  serials.next = math.max(serials.next, serials.reserved)
end
if serials.mark < marked then  -- it was reset, or is that of an older backup
  serials.next = math.max(serials.next, marked)
end
if serials.next + count > range.most then
  return 'exhausted'
end
local replicas = tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)') or 0)
-- without replicas, at most the writes of a second can be lost
local block = replicas > 0 and range.block or range.alone
serials.allowed = math.max(serials.reserved, serials.next)
serials.reserved = math.max(serials.allowed + block, serials.next + count)
serials.run, serials.mark = current, math.max(serials.mark, tonumber(ARGV[4]))
keep_serials(range, serials)
return replicas
