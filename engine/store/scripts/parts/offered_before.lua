-- Which of the SKUs, a list, is first to be offered to somebody that waits before `rank`; an empty text, if entries are
-- due that are not in the index yet. Nothing, if these SKUs may be taken. Needs the part `offer`.
local function offered_before(rank, now, skus)
  local offers = redis.call('HMGET', key.offers, 'due', unpack(skus))
  if offers[1] and tonumber(offers[1]) <= now then
    return ''
  end
  for index, sku in ipairs(skus) do
    local offer = offers[index + 1]
    if offer and next_waiting(sku, string.match(offer, '^%d+ (.*)$'), rank) then
      return sku
    end
  end
end
