-- Sets what is on hand to what the source that counts it says, and what came and left since it counted.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each count's SKU.
-- ARGV  1 network version  2 now (UTC microseconds)  3 the log entry's body: SKU and node of each count
--       then node, units, kind of stamp (t or s) and its number of each count, and = with label and units of each of its
--       lots, with tabs between them; or nothing, if the count does not say which lots there are
-- Answers {'network'} if the network is another by now; else for each count a word, what is on hand and held then, and
-- the instant from which on all that came and left is remembered: set; same (this message came before); older (a newer
-- one came before, or the network was loaded later); differs (the same stamp came with another number of units); kind
-- (the position is counted with the other kind of stamp); forgotten (what came and left since is not remembered).
local FIRST, WORDS_EACH = 4, 5
local now = tonumber(ARGV[2])
if redis.call('HGET', key.facts, 'version') ~= ARGV[1] then
  return {'network'}
end

-- What became of a count with this stamp, if it is not to be set.
local function refusal(index, node, units, kind, number)
  local stamp = redis.call('HGET', key.changed_stamp(index), node)
  if stamp then
    local kind_before, number_before, units_before = string.match(stamp, '^(%a) (%d+) (%d+)$')
    if kind_before ~= kind then
      return 'kind'
    elseif tonumber(number_before) > number then
      return 'older'
    elseif tonumber(number_before) == number then
      return units_before == units and 'same' or 'differs'
    end
  end
  if kind == 't' then
    local _, counted_at = counted(index, node, now)
    return number < counted_at and 'older' or number < remembered_from(index, now) and 'forgotten'
  end
end

local changed, freed = {}, {}
-- of each count, as `Entry.levels` has it: empty where what is on hand stays as it was. Of counts that changed nothing
-- the log says only how many there were.
local levels, some_differ = {}, false
local function set(index, node, units, kind, number, lots)
  local word = refusal(index, node, units, kind, number)
  if word then
    return word
  end
  local on_hand, at = key.changed_on_hand(index), instant_of_count(now)
  local _, counted_at = counted(index, node, now)
  at = math.max(counted_at, kind == 't' and math.min(at, number) or at)
  local before = tonumber(redis.call('HGET', on_hand, node) or 0)
  local after, is_newest = count_on_hand(index, node, tonumber(units), at)
  if before < after then
    freed[on_hand] = true
  end
  if lots ~= '' then
    count_lots(index, node, string.sub(lots, 2), at)
    freed[on_hand], some_differ = true, true
  end
  if before ~= after then
    local held = redis.call('HGET', key.changed_held(index), node) or '0'
    levels[index], some_differ = plain(before) .. ' ' .. plain(after) .. ' ' .. held, true
  end
  changed[on_hand] = true
  redis.call('HSET', key.changed_stamp(index), node, kind .. ' ' .. plain(number) .. ' ' .. units)
  -- the stamp alone says as much
  if is_newest and kind == 't' and at == number then
    redis.call('HDEL', key.changed_base(index), node)
  end
  return 'set'
end

local answers = {}
for at = FIRST, #ARGV, WORDS_EACH do
  local index, node = (at - FIRST) / WORDS_EACH + 1, ARGV[at]
  levels[index] = ''
  local word = set(index, node, ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4])
  local on_hand = redis.call('HGET', key.changed_on_hand(index), node) or '0'
  local held = redis.call('HGET', key.changed_held(index), node) or '0'
  answers[index] = {word, on_hand, held, plain(remembered_from(index, now))}
end
offer(freed, note_changes(changed))
if not next(changed) then
  return answers
end
if some_differ then
  redis.call('XADD', key.log, '*', 'kind', 'counted', 'id', '', 'at', plain(math.floor(now / MICROS)), 'body', ARGV[3],
    'levels', table.concat(levels, ','), unpack(signature))
else
  local same = 0
  for _, answer in ipairs(answers) do
    same = same + (answer[1] == 'set' and 1 or 0)
  end
  redis.call('XADD', key.log, '*', 'kind', 'counted', 'id', '', 'at', plain(math.floor(now / MICROS)),
    'details', cjson.encode({unchanged = same}), unpack(signature))
end
return answers
