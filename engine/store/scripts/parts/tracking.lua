-- Parcels are with a carrier from now on, or are not any more, as far as the watch of what is on its way goes.
-- `shipment` is DECISION/NUMBER; it needs the keys tracking_open and tracking_unraised.
local function begin_tracking(shipment)
  redis.call('ZADD', key.tracking_open, 0, shipment)
  redis.call('ZADD', key.tracking_unraised, 0, shipment)
end

local function end_tracking(shipment)
  redis.call('ZREM', key.tracking_open, shipment)
  redis.call('ZREM', key.tracking_unraised, shipment)
end
