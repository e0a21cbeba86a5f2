-- Takes changes into the index of promises, which is made of the log, unless another process did so meanwhile.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the changes as JSON: `before`, how far the index was made as its reader found it, {cursor, schedules, made}; and
--       the same `after`, left out while it is being made anew; `dues`, {member, instant, '1' if its next milestone was
--       not said to be at risk yet} of each shipment, and of one that waits for stock fourth its rank, fifth its SKUs,
--       sixth the stamp of what it was no use to; `estimates`, {member, instant} of each shipment whose milestones are
--       not worked out yet; and `gone`, the members of those that are not held any more
-- Answers 1, or 0 if it was not as it was found.
local changes = cjson.decode(ARGV[1])
local call = redis.call

local made = call('HMGET', key.promises_read, 'cursor', 'schedules', 'made')
for place, value in ipairs(changes.before) do
  if (made[place] or '') ~= value then
    return 0
  end
end
-- Lets a shipment wait for stock from now on, or not any more: without a rank. What changed since it was looked at last is
-- offered to it.
local function set_waiting(member, rank, skus, seen)
  local before = call('HGET', key.promises_waiting, member)
  local after = rank and cjson.encode({rank = rank, skus = skus})
  if before and before ~= after then
    set_index('ZREM', cjson.decode(before))
    call('HDEL', key.promises_waiting, member)
  end
  if after and before ~= after then
    call('HSET', key.promises_waiting, member, after)
    set_index('ZADD', {rank = rank, skus = skus})
  end
  if before and not after then
    call('HDEL', key.offered, member)
  elseif after and not before then
    local late = changed_since(seen, after)
    call('HSET', key.offered, member, seen .. ' ')
    if next(late) then
      offer(late, note_changes({[key.offers] = true}), string.match(rank, '^(.*\n)'))
    end
  end
end

for _, estimate in ipairs(changes.estimates) do
  call('ZADD', key.promises_estimated, estimate[2], estimate[1])
end
for _, due in ipairs(changes.dues) do
  set_waiting(due[1], unpack(due, 4, 6))
  call('ZREM', key.promises_estimated, due[1])
  call('ZADD', key.promises, due[2], due[1])
  if due[3] == '1' then
    call('ZADD', key.promises_unraised, due[2], due[1])
  else
    call('ZREM', key.promises_unraised, due[1])
  end
end
for _, member in ipairs(changes.gone) do
  set_waiting(member)
  call('ZREM', key.promises_estimated, member)
  call('ZREM', key.promises, member)
  call('ZREM', key.promises_unraised, member)
end
if changes.after then
  call('HSET', key.promises_read, 'cursor', changes.after[1], 'schedules', changes.after[2], 'made', changes.after[3])
end
return 1
