-- SSCCs: serial references of a range, each given out once. A range is a company prefix after its extension digit.
--
-- key.serials has of each range `NEXT RESERVED RUN`: the serial that is next, up to which serial some may be given out,
-- and the run of the server (`run_id` of INFO) that gave the last. A server that was started again, or a replica that
-- took over, may have lost the last writes: it goes on at RESERVED, which replicas had before any of the serials below was
-- given out. The last block below RESERVED is never used: should a server lose the last reservation, too, because no
-- replica had to confirm it, the one before still covers what was given out.

local function run_of_server()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- Of the range: next, reserved, and the run.
local function serials_of(range)
  local next, reserved, run = string.match(redis.call('HGET', key.serials, range.name) or '', '^(%d+) (%d+) (%S+)$')
  return math.max(tonumber(next) or 0, range.first), tonumber(reserved) or 0, run
end

local function keep_serials(range, next, reserved, run)
  redis.call('HSET', key.serials, range.name, string.format('%.0f %.0f %s', next, reserved, run))
end

local function sscc(range, serial)
  local digits = range.head .. string.format('%0' .. string.format('%d', range.digits) .. '.0f', serial)
  return digits .. string.format('%d', CHECK_DIGITS['gs1'](digits))
end

-- Takes so many SSCCs, and answers them and the serial that is next; or nil and why: 'reserve' (more have to be
-- reserved first) or 'exhausted'. Then nothing was taken.
local function take_ssccs(range, count)
  local next, reserved, run = serials_of(range)
  if next + count > range.most then
    return nil, 'exhausted'
  elseif run ~= run_of_server() or next + count > reserved - range.block then
    return nil, 'reserve'
  end
  local taken = {}
  for place = 1, count do
    taken[place] = sscc(range, next + place - 1)
  end
  keep_serials(range, next + count, reserved, run)
  return taken, next + count
end
