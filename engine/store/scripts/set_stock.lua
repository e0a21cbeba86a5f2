-- Sets what is on hand to what the source that counts it says.
--
-- Keys, by the names in script_keys.py; on_hand, held, base and stamp are those of each count's SKU.
-- ARGV  1 network version
--       then node, units, kind of stamp (t or s) and its number of each count
-- Answers {'network'} if the network is another by now; else for each count a word, and what is on hand and held then:
-- set; same (this message came before); older (a newer one came before); differs (the same stamp came with another
-- number of units); kind (the position is counted with the other kind of stamp).
if redis.call('HGET', key.facts, 'version') ~= ARGV[1] then
  return {'network'}
end

local changed, freed = {}, {}
local function set(index, node, units, kind, number)
  local stamp = redis.call('HGET', key.stamp(index), node)
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
  if tonumber(redis.call('HGET', key.on_hand(index), node) or 0) < tonumber(units) then
    freed[key.on_hand(index)] = true
  end
  redis.call('HSET', key.on_hand(index), node, units)
  redis.call('HSET', key.stamp(index), node, kind .. ' ' .. number .. ' ' .. units)
  redis.call('HDEL', key.base(index), node)
  return 'set'
end

local answers = {}
for at = 2, #ARGV, 4 do
  local index, node = (at + 2) / 4, ARGV[at]
  local word = set(index, node, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  local on_hand = redis.call('HGET', key.on_hand(index), node) or '0'
  answers[index] = {word, on_hand, redis.call('HGET', key.held(index), node) or '0'}
  if word == 'set' then
    changed[key.on_hand(index)] = true
  end
end
offer(freed, note_changes(changed))
return answers
