-- Numbers for parcels: SSCCs of the network and tracking numbers of a carrier's ranges are taken, and put in the places
-- that texts have for them: TOKEN S PLACE, of SSCCs, TOKEN T PLACE, of tracking numbers, TOKEN NEXT and TOKEN RANGES (the
-- next serials), where TOKEN is a word that nothing else has.

local ERASED = 'erased:'

-- Whether the order whose personal values are encrypted by the key in this field of key.order_keys was erased.
local function is_erased(field)
  local secret = redis.call('HGET', key.order_keys, field)
  return secret and string.sub(secret, 1, #ERASED) == ERASED
end

-- Takes what is asked for, as `numbers_request` in number_taking.py makes it (false: nothing), and returns a function that
-- puts it in a text; or nil and what the script answers: {'reserve'} or {'exhausted'} if there are not enough SSCCs (see
-- serials.lua); {'numbers', why}, with one of the two, if the carrier's ranges have not enough tracking numbers (see
-- number_ranges.lua). Then nothing was taken.
local function take_numbers(asked)
  if not asked then
    return function(text)
      return text
    end
  end
  local serials = redis.call('HGET', key.serials, asked.range.name)
  local ssccs, next_serial = take_ssccs(asked.range, asked.count)
  if not ssccs then
    return nil, {next_serial}
  end
  local tracking, ranges = {}, ''
  if #asked.tracking > 0 then
    tracking, ranges = take_tracking_numbers(
      key.tracking_serials, key.parcel_numbers, asked.tracking, asked.tracking_count, run_of_server()
    )
    if not tracking then  -- the SSCCs are put back
      redis.call('HSET', key.serials, asked.range.name, serials)
      return nil, {'numbers', ranges}
    end
  end
  local taken = {NEXT = string.format('%.0f', next_serial), RANGES = ranges}
  for place = 1, asked.count do
    taken['S' .. place], taken['T' .. place] = ssccs[place], tracking[place]
  end
  return function(text)
    return (string.gsub(text, asked.token .. '(%a+%d*)', taken))
  end
end
