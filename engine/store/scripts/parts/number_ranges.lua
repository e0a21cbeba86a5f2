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

-- The first serial from this one on that no range of the same form has issued. `issued` is a list of {form, first, next}.
local function first_unissued(issued, form, serial)
  local moved = true
  while moved do
    moved = false
    for _, range in ipairs(issued) do
      if range[1] == form and range[2] <= serial and serial < range[3] then
        serial, moved = range[3], true
      end
    end
  end
  return serial
end

local function issued_ranges(key)
  local issued, raw = {}, redis.call('HGETALL', key)
  for place = 1, #raw, 2 do
    local form, first = string.match(raw[place], '^(.*)\t(%d+)$')
    issued[#issued + 1] = {form, tonumber(first), tonumber(raw[place + 1])}
  end
  return issued
end

-- Takes so many tracking numbers from the first of the ranges that have some left, and returns them; nil, with nothing
-- taken, if there are too few. `ranges` is what `script_ranges` in number_ranges.py makes; `key` is that of the serials.
local function take_tracking_numbers(key, ranges, count)
  local issued, numbers, taken = issued_ranges(key), {}, {}
  for _, range in ipairs(ranges) do
    local first = string.format('%.0f', range.first)
    local serial = first_unissued(issued, range.form, range.first)
    while #numbers < count and serial <= range.last do
      numbers[#numbers + 1] = tracking_number(range, serial)
      taken[#taken + 1] = {range.form .. '\t' .. first, string.format('%.0f', serial + 1)}
      issued[#issued + 1] = {range.form, serial, serial + 1}
      serial = first_unissued(issued, range.form, serial + 1)
    end
  end
  if #numbers < count then
    return nil
  end
  for _, item in ipairs(taken) do
    redis.call('HSET', key, item[1], item[2])
  end
  return numbers
end
