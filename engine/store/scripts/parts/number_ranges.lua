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

-- What the hash has of each range, by its form, a tab and its first serial: `NEXT RESERVED RUN MARK LAST`, the serial that
-- is next, the one up to which some may have been issued, the run of the server that issued the last, up to where the
-- installation had marked the range when it was last reserved (see mark_numbers.lua), and its last serial. A server that
-- was started again, or a replica that took over, may have lost the last writes: for it all up to RESERVED is issued, as
-- for SSCCs (see serials.lua).
local function new_range(field)
  local form, first = string.match(field, '^(.*)\t(%d+)$')
  first = tonumber(first)
  return {form = form, first = first, next = first, reserved = first, mark = 0, last = 0}
end

local function issued_ranges(key, run)
  local issued, raw = {}, redis.call('HGETALL', key)
  for place = 1, #raw, 2 do
    local range = new_range(raw[place])
    local next, reserved, last_run, mark, last = string.match(raw[place + 1], '^(%d+) (%d+) (%S+) (%d+) (%d+)$')
    range.next, range.reserved = tonumber(next), tonumber(reserved)
    range.mark, range.last = tonumber(mark), tonumber(last)
    range.is_current = last_run == run
    if not range.is_current then
      range.next = math.max(range.next, range.reserved)
    end
    issued[#issued + 1], issued[raw[place]] = range, range
  end
  return issued
end

local function range_of(issued, field)
  local range = issued[field]
  if not range then
    range = new_range(field)
    issued[#issued + 1], issued[field] = range, range
  end
  return range
end

-- The serials of so many numbers, from the first of the ranges that have some left, each with its range and the range as
-- it is kept; nil, if there are too few. A number by which a parcel goes already is left out: it came with its packing,
-- perhaps before the network had the range. `parcels` is the key of the hash that has these numbers.
local function next_tracking_serials(issued, parcels, ranges, count)
  local serials = {}
  for _, range in ipairs(ranges) do
    local field = range.form .. '\t' .. string.format('%.0f', range.first)
    local kept = range_of(issued, field)
    kept.last = range.last
    local serial = first_unissued(issued, range.form, range.first)
    while #serials < count and serial <= range.last do
      if redis.call('HEXISTS', parcels, tracking_number(range, serial)) == 0 then
        serials[#serials + 1] = {serial = serial, range = range, kept = kept, field = field}
        kept.next = serial + 1
      end
      serial = first_unissued(issued, range.form, serial + 1)
    end
  end
  return #serials == count and serials or nil
end

local function keep_range(key, field, kept, run)
  redis.call('HSET', key, field, string.format(
    '%.0f %.0f %s %.0f %.0f', kept.next, kept.reserved, run, kept.mark, kept.last
  ))
end

-- Takes so many tracking numbers and returns them, and for the log the field and the next serial of each range that they
-- are of, with tabs between and each on a line of JSON text; or nil and why: 'reserve' (more have to be reserved first)
-- or 'exhausted'. Then nothing was taken. `ranges` is what `script_ranges` in number_ranges.py makes; `key` is that of the
-- hash, `parcels` that of the numbers by which parcels go, `run` the run of the server.
local function take_tracking_numbers(key, parcels, ranges, count, run)
  local taken = next_tracking_serials(issued_ranges(key, run), parcels, ranges, count)
  if not taken then
    return nil, 'exhausted'
  end
  local numbers, next_of, fields = {}, {}, {}
  for place, item in ipairs(taken) do
    if not item.kept.is_current or item.serial >= item.kept.reserved - item.range.block then
      return nil, 'reserve'
    end
    numbers[place] = tracking_number(item.range, item.serial)
  end
  for _, item in ipairs(taken) do
    if not next_of[item.field] then
      next_of[item.field] = item.kept.next
      keep_range(key, item.field, item.kept, run)
      fields[#fields + 1] = string.gsub(item.field, '\t', '\\t') .. string.format('\\t%.0f', item.kept.next)
    end
  end
  return numbers, table.concat(fields, '\\n')
end

-- Reserves enough for so many to be taken; nothing is taken. `marks` is, by field, up to where the installation had marked
-- the ranges of the network before, also those of earlier files: where it is further than the hash knows, the network was
-- reset or is that of an older backup, and goes on behind it. `limits` is, by field, up to where it has marked them for
-- this; nil: nothing is changed.
-- Returns, by field, up to where each range is reserved then; or nil and why: 'exhausted', or 'again', if others were
-- faster and it would reserve more than was marked.
local function reserve_tracking_numbers(key, parcels, ranges, count, run, marks, limits)
  local issued, before, to_keep = issued_ranges(key, run), {}, {}
  for field, mark in pairs(marks) do
    local kept = range_of(issued, field)
    if mark > kept.mark then
      kept.next = math.max(kept.next, mark)
      kept.reserved, kept.mark, to_keep[field] = math.max(kept.reserved, kept.next), mark, kept
    end
  end
  for field, kept in pairs(issued) do
    before[field] = kept.next
  end
  local needed, reserved = next_tracking_serials(issued, parcels, ranges, count), {}
  if not needed then
    return nil, 'exhausted'
  end
  for _, item in ipairs(needed) do
    local kept, block = item.kept, item.range.block
    kept.next = before[item.field] or kept.first
    kept.reserved = math.max(kept.reserved, kept.next)
    while item.serial >= kept.reserved - block do
      kept.reserved = math.max(kept.reserved + block, item.serial + 1)
    end
    reserved[item.field], to_keep[item.field] = kept.reserved, kept
  end
  if limits then
    for field, until_serial in pairs(reserved) do
      local limit = limits[field] or 0
      if until_serial > limit then
        return nil, 'again'
      end
      to_keep[field].mark = math.max(to_keep[field].mark, limit)
    end
    for field, kept in pairs(to_keep) do
      keep_range(key, field, kept, run)
    end
  end
  return reserved
end
