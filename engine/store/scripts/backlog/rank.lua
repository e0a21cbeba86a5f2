-- Gives entries of the backlog another rank, and offers what there is of some SKUs to all that wait for it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 number of entries
--       then decision, body before and body after of each
--       then the SKUs to be offered, each named as in `changed`
-- An entry that has changed meanwhile stays as it is.
local call = redis.call
local first_sku = 2 + 3 * ARGV[1]
for at = 2, first_sku - 1, 3 do
  local decision, before, after = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if call('HGET', key.backlog, decision) == before then
    call('HSET', key.backlog, decision, after)
    set_index('ZREM', cjson.decode(before))
    if not call('ZSCORE', key.due, decision) then
      set_index('ZADD', cjson.decode(after))
    end
  end
end
local skus = {}
for index = first_sku, #ARGV do
  skus[ARGV[index]] = true
end
if next(skus) then
  offer(skus, note_changes({[key.offers] = true}))
end
