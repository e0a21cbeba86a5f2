-- A change of an order beside its holds, as order_change.py asks for it: {changes, follow_ups, waiting, cancelled,
-- amended, parks, placed_at}. `changes` and `follow_ups`, its calls and follow-up decisions, are as they were read; of each backlog entry of
-- `waiting` the text before and after, empty if it is to go. `cancelled` and `amended` are there if they change; `parks`
-- and `placed_at`, the order's id and when it was placed, if a person is to approve it.

-- Whether the order is not as it was read.
local function order_differs(order)
  if (redis.call('HGET', key.order, 'changes') or '0') ~= order.changes
      or redis.call('LLEN', key.chain) ~= order.follow_ups then
    return true
  end
  for _, entry in ipairs(order.waiting) do
    if not is_entry(entry.decision, entry.before) then
      return true
    end
  end
end

-- Whoever approved the order before, a person has to do it again.
local function park(order)
  redis.call('HSET', key.order, 'approval', '{}')
  redis.call('HDEL', key.order, 'approved')
  redis.call('ZADD', key.parked, order.placed_at, order.parks)
end

local function change_order(order, now)
  redis.call('HINCRBY', key.order, 'changes', 1)
  if order.cancelled then
    redis.call('HSET', key.order, 'cancelled', order.cancelled)
  end
  if order.amended then
    redis.call('HSET', key.order, 'order', order.amended)
  end
  if order.parks then
    park(order)
  end
  for _, entry in ipairs(order.waiting) do
    replace_waiting(entry.decision, entry.after, now)
  end
end

-- Lets go what a follow-up decision replaces. commit_follow_up.lua defines it, and commit.lua calls it.
local release_replaced
