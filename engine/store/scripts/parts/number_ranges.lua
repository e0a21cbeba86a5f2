-- Tracking numbers taken from ranges that a carrier gave, each once. Check digits as engine/fulfilment/carriers/check_digits.py has them.

local CHECK_DIGITS = {}

local function weighted(digits, weights)
  local sum = 0
  for place = 1, #digits do
    sum = sum + tonumber(string.sub(digits, place, place)) * weights[(place - 1) % #weights + 1]
  end
  return sum
end

CHECK_DIGITS['gs1'] = function(digits)
  return -weighted(string.reverse(digits), {3, 1}) % 10
end

CHECK_DIGITS['ups'] = function(characters)
  local digits = string.gsub(characters, '%u', function(letter)
    return string.format('%d', (string.byte(letter) - 3) % 10)
  end)
  return -weighted(digits, {1, 2}) % 10
end

CHECK_DIGITS['fedex'] = function(digits)
  return weighted(string.reverse(digits), {1, 3, 7}) % 11 % 10
end

CHECK_DIGITS['modulo_7'] = function(digits)
  return tonumber(digits) % 7
end

CHECK_DIGITS['s10'] = function(digits)
  local remainder = weighted(digits, {8, 6, 4, 2, 3, 5, 9, 7}) % 11
  if remainder == 0 then
    return 5
  end
  return (11 - remainder) % 10
end

CHECK_DIGITS['iso_7064_37_36'] = function(characters)
  local alphabet, product = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 36
  for place = 1, #characters do
    local value = string.find(alphabet, string.sub(characters, place, place), 1, true) - 1
    local total = (product + value) % 36
    if total == 0 then
      total = 36
    end
    product = total * 2 % 37
  end
  local place = (37 - product) % 36 + 1
  return string.sub(alphabet, place, place)
end

local function tracking_number(range, serial)
  local text = string.format('%0' .. string.format('%d', range.digits) .. '.0f', serial)
  local check = ''
  if range.check ~= '' then
    check = tostring(CHECK_DIGITS[range.check](range.checked_before .. text))
  end
  return range.before .. text .. check .. range.after
end

-- The first serial from this one on that no range of the same form has issued.
local function first_unissued(issued, form, serial)
  local moved = true
  while moved do
    moved = false
    for _, range in ipairs(issued) do
      if range.form == form and range.first <= serial and serial < range.next then
        serial, moved = range.next, true
      end
    end
  end
  return serial
end

-- What the hash has of each range: its form, its first serial, the one that is next, up to which some may have been
-- issued (`reserved`), and the run of the server that issued the last. A server that was started again, or a replica that
-- took over, may have lost the last writes: for it all up to `reserved` is issued, as for SSCCs (see serials.lua).
local function issued_ranges(key, run)
  local issued, raw = {}, redis.call('HGETALL', key)
  for place = 1, #raw, 2 do
    local form, first = string.match(raw[place], '^(.*)\t(%d+)$')
    local next, reserved, last_run = string.match(raw[place + 1], '^(%d+) (%d+) (%S+)$')
    next, reserved = tonumber(next), tonumber(reserved)
    if last_run ~= run then
      next = math.max(next, reserved)
    end
    local range = {form = form, first = tonumber(first), next = next, reserved = reserved, is_current = last_run == run}
    issued[#issued + 1], issued[raw[place]] = range, range
  end
  return issued
end

-- The serials of so many numbers, from the first of the ranges that have some left, each with its range and the range as
-- it is kept; nil, if there are too few.
local function next_tracking_serials(issued, ranges, count)
  local serials = {}
  for _, range in ipairs(ranges) do
    local field = range.form .. '\t' .. string.format('%.0f', range.first)
    local kept = issued[field]
    if not kept then
      kept = {form = range.form, first = range.first, next = range.first, reserved = range.first}
      issued[#issued + 1], issued[field] = kept, kept
    end
    local serial = first_unissued(issued, range.form, range.first)
    while #serials < count and serial <= range.last do
      serials[#serials + 1] = {serial = serial, range = range, kept = kept, field = field}
      kept.next = serial + 1
      serial = first_unissued(issued, range.form, serial + 1)
    end
  end
  return #serials == count and serials or nil
end

local function keep_tracking_serials(key, taken, run)
  for _, item in ipairs(taken) do
    local kept = item.kept
    redis.call('HSET', key, item.field, string.format('%.0f %.0f %s', kept.next, kept.reserved, run))
  end
end

-- Takes so many tracking numbers and returns them; or nil and why: 'reserve' (more have to be reserved first) or
-- 'exhausted'. Then nothing was taken. `ranges` is what `script_ranges` in number_ranges.py makes; `key` is that of the
-- hash, `run` the run of the server.
local function take_tracking_numbers(key, ranges, count, run)
  local taken = next_tracking_serials(issued_ranges(key, run), ranges, count)
  if not taken then
    return nil, 'exhausted'
  end
  local numbers = {}
  for place, item in ipairs(taken) do
    if not item.kept.is_current or item.serial >= item.kept.reserved - item.range.block then
      return nil, 'reserve'
    end
    numbers[place] = tracking_number(item.range, item.serial)
  end
  keep_tracking_serials(key, taken, run)
  return numbers
end

-- Reserves enough for so many to be taken; nothing is taken. Returns whether there are that many.
local function reserve_tracking_numbers(key, ranges, count, run)
  local issued, before = issued_ranges(key, run), {}
  for field, range in pairs(issued) do
    before[field] = range.next
  end
  local needed = next_tracking_serials(issued, ranges, count)
  if not needed then
    return false
  end
  for _, item in ipairs(needed) do
    local kept, block = item.kept, item.range.block
    kept.next = before[item.field] or kept.first
    kept.reserved = math.max(kept.reserved, kept.next)
    while item.serial >= kept.reserved - block do
      kept.reserved = math.max(kept.reserved + block, item.serial + 1)
    end
  end
  keep_tracking_serials(key, needed, run)
  return true
end
