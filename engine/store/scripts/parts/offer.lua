-- Units that came free are offered to orders that wait before newcomers get them: while the offer is open, as
-- `Keys.offers` says. A SKU is named by the key of what is on hand of it, as in `changed`. Needs `offers`, `waiting`.

-- The first in the index `waiting` after and before a rank; an empty text is no bound.
local function next_waiting(sku, after, before)
  local from = after == '' and '[' .. sku .. '\n' or '(' .. sku .. '\n' .. after
  local to = before == '' and '(' .. sku .. '\v' or '(' .. sku .. '\n' .. before
  return redis.call('ZRANGE', key.waiting, from, to, 'BYLEX', 'LIMIT', 0, 1)[1]
end

-- Opens the offers of SKUs, the keys of a table, of which units came free at `stamp`, as note_changes answers it. Every
-- script that raises what is on hand or lowers what is held calls it. Those up to the rank `after` need not be offered
-- them, unless the offer was open.
local function offer(skus, stamp, after)
  if stamp and redis.call('EXISTS', key.waiting) == 1 then
    for sku in pairs(skus) do
      if next_waiting(sku, after or '', '') then
        local is_open = redis.call('HEXISTS', key.offers, sku) == 1
        redis.call('HSET', key.offers, sku, stamp .. ' ' .. (is_open and '' or after or ''))
      end
    end
  end
end
