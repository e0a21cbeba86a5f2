-- Repairs one thing of the ledger so that it is as the log says, and logs the repair, if nothing happened since the
-- check.
--
-- Keys, by the names in script_keys.py; `written` is the key of each write.
-- ARGV  1 the last entry that the log had then  2 now  3 who  4 the log entry's body  5 the id of what is repaired
--       then field, value before and value after of each write: = and the value, or nothing where there is none
-- Answers 'done'; or changes nothing: 'later' if the log has gone on, 'changed' if a value is not as it was.
local FIRST, WORDS_EACH = 6, 3
local writes = (#ARGV - FIRST + 1) / WORDS_EACH
local last = redis.call('XREVRANGE', key.log, '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '0-0') ~= ARGV[1] then
  return 'later'
end

local sorted_sets = {
  [key.expiring] = true, [key.orders] = true, [key.parked] = true, [key.waiting] = true, [key.due] = true,
  [key.arriving] = true, [key.open_by_arrival] = true, [key.closed_by_arrival] = true,
  [key.ended_transfers_made] = true, [key.returns_opened] = true,
  [key.tracking_open] = true, [key.tracking_unraised] = true,
}
local function value(name, field)
  local current
  if sorted_sets[name] then
    current = redis.call('ZSCORE', name, field)
  else
    current = redis.call('HGET', name, field)
  end
  return current and '=' .. current or ''
end

for index = 1, writes do
  local at = FIRST + WORDS_EACH * (index - 1)
  if value(key.written(index), ARGV[at]) ~= ARGV[at + 1] then
    return 'changed'
  end
end
local freed = {}
for index = 1, writes do
  local at = FIRST + WORDS_EACH * (index - 1)
  local name, field, after = key.written(index), ARGV[at], ARGV[at + 2]
  local of_sku, is_held = string.gsub(name, '^({[^}]*}:)held:', '%1on_hand:')
  if is_held == 1 or name == key.waiting then
    freed[is_held == 1 and of_sku or string.match(field, '^[^\n]*')] = true
  end
  if sorted_sets[name] then
    redis.call('ZREM', name, field)
    if after ~= '' then
      redis.call('ZADD', name, string.sub(after, 2), field)
    end
  elseif after == '' then
    redis.call('HDEL', name, field)
  else
    redis.call('HSET', name, field, string.sub(after, 2))
  end
end
note_due()
offer(freed, note_changes({[key.facts] = true}))  -- it may have been the stock of any SKU
redis.call('XADD', key.log, '*', 'kind', 'repaired', 'id', ARGV[5], 'at', ARGV[2], 'caller', ARGV[3], 'body', ARGV[4],
  unpack(signature))
return 'done'
