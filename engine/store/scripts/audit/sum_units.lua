-- Adds up the units of SKUs over all nodes. It changes nothing.
--
-- Keys, by the names in script_keys.py: what is on hand of each SKU, and what is blocked of it.
-- Answers of each SKU its units on hand, where more left than was counted without those below 0, and those that are
-- blocked. Lots have fields of their own, with a tab, and are among the units of their node.
local function units_of(name)
  local fields, units = redis.call('HGETALL', name), 0
  for index = 1, #fields, 2 do
    if not string.find(fields[index], '\t', 1, true) then
      units = units + math.max(0, tonumber(fields[index + 1]))
    end
  end
  return string.format('%.0f', units)
end

local answer = {}
for number = 1, #KEYS / 2 do
  answer[#answer + 1] = units_of(key.summed_on_hand(number))
  answer[#answer + 1] = units_of(key.summed_blocked(number))
end
return answer
