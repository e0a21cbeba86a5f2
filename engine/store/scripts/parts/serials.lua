-- SSCCs: serial references of a range, each given out once. A range is a company prefix after its extension digit.
--
-- key.serials has of each range `NEXT ALLOWED RESERVED RUN MARK`: the serial that is next; up to which serial some may be
-- given out; up to which they are reserved; the run of the server (`run_id` of INFO) that gave the last; and up to where
-- the installation had marked the range when it was last reserved (see mark_serials.lua).
--
-- A server that was started again, or a replica that took over, may have lost the last writes: it goes on at RESERVED,
-- which replicas had before any of the serials below was given out. ALLOWED is what was RESERVED before the last
-- reservation: should a server lose that one, too, because no replica had to confirm it, the one before still covers what
-- was given out.

local function run_of_server()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function serials_of(range)
  local stored = redis.call('HGET', key.serials, range.name) or ''
  local next, allowed, reserved, run, mark = string.match(stored, '^(%d+) (%d+) (%d+) (%S+) (%d+)$')
  return {
    next = math.max(tonumber(next) or 0, range.first), allowed = tonumber(allowed) or 0,
    reserved = tonumber(reserved) or 0, run = run, mark = tonumber(mark) or 0,
  }
end

local function keep_serials(range, serials)
  redis.call('HSET', key.serials, range.name, string.format(
    '%.0f %.0f %.0f %s %.0f', serials.next, serials.allowed, serials.reserved, serials.run, serials.mark
  ))
end

local function sscc(range, serial)
  local digits = range.head .. string.format('%0' .. string.format('%d', range.digits) .. '.0f', serial)
  return digits .. string.format('%d', CHECK_DIGITS['gs1'](digits))
end

-- Takes so many SSCCs, and answers them and the serial that is next; or nil and why: 'reserve' (more have to be
-- reserved first) or 'exhausted'. Then nothing was taken.
local function take_ssccs(range, count)
  local serials = serials_of(range)
  if serials.next + count > range.most then
    return nil, 'exhausted'
  elseif serials.run ~= run_of_server() or serials.next + count > serials.allowed then
    return nil, 'reserve'
  end
  local taken = {}
  for place = 1, count do
    taken[place] = sscc(range, serials.next + place - 1)
  end
  serials.next = serials.next + count
  keep_serials(range, serials)
  return taken, serials.next
end
