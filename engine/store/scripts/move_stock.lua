-- Adds to what is on hand, or takes from it, each movement once.
--
-- Keys, by the names in script_keys.py; on_hand and base are those of each movement's SKU.
-- ARGV  1 network version  2 now  3 name of the batch  4 the log entry's body
--       5 seconds the movements of a day are kept
--       then operation id, digest of the movement, node and delta of each
-- Answers {'network'} if the network is another by now; else for each movement a word, and what is on hand then:
-- applied; seen (this movement was applied before); reused (the id was used for another movement); below (fewer than no
-- units would be left).
local FIRST, WORDS_EACH = 6, 4
if redis.call('HGET', key.facts, 'version') ~= ARGV[1] then
  return {'network'}
end

local function move(index, operation, digest, node, delta)
  local earlier = redis.call('HGET', key.movements, operation) or redis.call('HGET', key.movements_yesterday, operation)
  if earlier then
    return earlier == digest and 'seen' or 'reused'
  end
  if tonumber(redis.call('HGET', key.on_hand(index), node) or 0) + tonumber(delta) < 0 then
    return 'below'
  end
  redis.call('HINCRBY', key.on_hand(index), node, delta)
  redis.call('HSET', key.movements, operation, digest)
  return 'applied'
end

local answers, taken, changed, freed = {}, {}, {}, {}
for at = FIRST, #ARGV, WORDS_EACH do
  local index, node = (at - FIRST) / WORDS_EACH + 1, ARGV[at + 2]
  local word = move(index, ARGV[at], ARGV[at + 1], node, ARGV[at + 3])
  answers[index] = {word, redis.call('HGET', key.on_hand(index), node) or '0'}
  taken[index] = word == 'applied' and '1' or '0'
  if word == 'applied' then
    changed[key.on_hand(index)] = true
    if tonumber(ARGV[at + 3]) > 0 then
      freed[key.on_hand(index)] = true
    end
  end
end
offer(freed, note_changes(changed))
local pattern = table.concat(taken)
if string.find(pattern, '1') then
  redis.call('EXPIRE', key.movements, ARGV[5])
  local entry = redis.call('XADD', key.log, '*', 'kind', 'moved', 'id', ARGV[3], 'at', ARGV[2], 'taken', pattern,
    'body', ARGV[4])
  for index, applied in ipairs(taken) do
    local node = ARGV[FIRST + WORDS_EACH * (index - 1) + 2]
    if applied == '1' and redis.call('HEXISTS', key.base(index), node) == 0 then
      redis.call('HSET', key.base(index), node, redis.call('HGET', key.on_hand(index), node) .. ' ' .. entry)
    end
  end
end
return answers
