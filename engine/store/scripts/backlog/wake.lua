-- Lets those entries of the backlog be offered stock that were to wait for an instant that has come.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 now
-- Answers how many there were; as many as MOST_AT_ONCE may have left some.
local MOST_AT_ONCE = 100
local due = redis.call('ZRANGE', key.due, '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, MOST_AT_ONCE)
local skus = {}
for _, decision in ipairs(due) do
  redis.call('ZREM', key.due, decision)
  local body = redis.call('HGET', key.backlog, decision)
  for _, sku in ipairs(body and set_index('ZADD', cjson.decode(body)) or {}) do
    skus[sku] = true
  end
end
if #due > 0 then
  note_due()
  offer(skus, note_changes({[key.offers] = true}))
end
return #due
