-- Whether units of an order's decisions ended otherwise since they were read. `decisions` has each of them with how they
-- had ended then: {decision, {the endings, then the outcomes by shipment}}, each empty if there are none. Needs
-- `endings` and `shipment_units`.
local function ended_differs(decisions)
  for _, decision in ipairs(decisions) do
    local name, ended = decision[1], decision[2]
    if (redis.call('HGET', key.endings, name) or '') ~= ended[1] then
      return true
    end
    for number = 2, #ended do
      if (redis.call('HGET', key.shipment_units, name .. ' ' .. (number - 2)) or '') ~= ended[number] then
        return true
      end
    end
  end
end
