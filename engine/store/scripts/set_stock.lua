-- Sets what is on hand, as the source that counts it says.
--
-- KEYS  1 facts, then on_hand, held, base and stamp of each position
-- ARGV  1 network version, then node, units, kind of stamp (t or s), its number of each position
-- Answers {'network'} if the network is another by now; else for each position a word and what is on hand and held then:
-- set, same (this message came before), older, differs (the same stamp said another number), kind (stamped otherwise).
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then
  return {'network'}
end

local function place(at, node, units, kind, number)
  local stamp = redis.call('HGET', KEYS[at + 3], node)
  if stamp then
    local kind_before, number_before, units_before = string.match(stamp, '^(%a) (%d+) (%d+)$')
    if kind_before ~= kind then
      return 'kind'
    elseif tonumber(number_before) > tonumber(number) then
      return 'older'
    elseif tonumber(number_before) == tonumber(number) then
      return units_before == units and 'same' or 'differs'
    end
  end
  redis.call('HSET', KEYS[at], node, units)
  redis.call('HSET', KEYS[at + 3], node, kind .. ' ' .. number .. ' ' .. units)
  redis.call('HDEL', KEYS[at + 2], node)
  return 'set'
end

local answers, at = {}, 2
for index = 2, #ARGV, 4 do
  local node = ARGV[index]
  local word = place(at, node, ARGV[index + 1], ARGV[index + 2], ARGV[index + 3])
  answers[#answers + 1] = {word, redis.call('HGET', KEYS[at], node) or '0', redis.call('HGET', KEYS[at + 1], node) or '0'}
  at = at + 4
end
return answers
