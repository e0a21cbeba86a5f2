-- Adds to what is on hand, or takes from it, each movement once.
--
-- KEYS  1 facts  2 log  3 movements of today  4 movements of yesterday, then on_hand and base of each movement
-- ARGV  1 network version  2 now  3 name of the batch  4 entry  5 seconds the movements of a day are kept
--       then operation id, what it moves in a word, node, delta of each movement
-- Answers {'network'} if the network is another by now; else for each movement a word and what is on hand then:
-- applied, seen (this movement was applied before), reused (the id stood for another one), below (it would leave less
-- than nothing; not applied).
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then
  return {'network'}
end

local function move(at, name, said, node, delta)
  local earlier = redis.call('HGET', KEYS[3], name) or redis.call('HGET', KEYS[4], name)
  if earlier then
    return earlier == said and 'seen' or 'reused'
  end
  if tonumber(redis.call('HGET', KEYS[at], node) or 0) + tonumber(delta) < 0 then
    return 'below'
  end
  redis.call('HINCRBY', KEYS[at], node, delta)
  redis.call('HSET', KEYS[3], name, said)
  return 'applied'
end

local answers, taken, at = {}, {}, 5
for index = 6, #ARGV, 4 do
  local word = move(at, ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3])
  answers[#answers + 1] = {word, redis.call('HGET', KEYS[at], ARGV[index + 2]) or '0'}
  taken[#taken + 1] = word == 'applied' and '1' or '0'
  at = at + 2
end
taken = table.concat(taken)
if string.find(taken, '1') then
  redis.call('EXPIRE', KEYS[3], ARGV[5])
  local entry = redis.call('XADD', KEYS[2], '*', 'kind', 'moved', 'id', ARGV[3], 'at', ARGV[2], 'taken', taken,
    'body', ARGV[4])
  at = 5
  for index = 6, #ARGV, 4 do
    local node = ARGV[index + 2]
    if string.sub(taken, (index - 2) / 4, (index - 2) / 4) == '1' and redis.call('HEXISTS', KEYS[at + 1], node) == 0 then
      redis.call('HSET', KEYS[at + 1], node, redis.call('HGET', KEYS[at], node) .. ' ' .. entry)
    end
    at = at + 2
  end
end
return answers
