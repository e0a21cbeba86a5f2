-- Gives members of `changed`, the keys of a table, one stamp above all others. Every script that changes stock calls
-- this once it has.
local function note_changes(members)
  if next(members) then
    local call, stamped = redis.call, {}
    local time, last = call('TIME'), call('ZRANGE', key.changed, 0, 0, 'REV', 'WITHSCORES')[2]
    local stamp = string.format('%.0f', math.max(time[1] * 1000000 + time[2], (last or 0) + 1))
    for member in pairs(members) do
      stamped[#stamped + 1], stamped[#stamped + 2] = stamp, member
    end
    call('ZADD', key.changed, unpack(stamped))
  end
end
