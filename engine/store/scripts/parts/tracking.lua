-- Parcels are with a carrier from now on, or are not any more, as far as the watch of what is on its way goes.
-- `shipment` is DECISION/NUMBER; it needs the keys tracking_open and tracking_unraised, whose members are `DECISION NUMBER`
-- as in the index of promises.
local function promise_member(shipment)
  return (string.gsub(shipment, '/(%d+)$', ' %1'))
end

local function begin_tracking(shipment)
  redis.call('ZADD', key.tracking_open, 0, promise_member(shipment))
  redis.call('ZADD', key.tracking_unraised, 0, promise_member(shipment))
end

local function end_tracking(shipment)
  redis.call('ZREM', key.tracking_open, promise_member(shipment))
  redis.call('ZREM', key.tracking_unraised, promise_member(shipment))
end
