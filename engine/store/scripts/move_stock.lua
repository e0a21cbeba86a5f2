-- Adds to what is on hand or blocked, or takes from it, each movement once.
--
-- Keys, by the names in script_keys.py; the changed_ ones are those of each movement's SKU.
-- ARGV  1 network version  2 now  3 now in UTC microseconds  4 name of the batch  5 the log entry's body
--       6 seconds the movements of a day are kept
--       then operation id, digest of the movement, node, delta, change of what is blocked, its instant or nothing, and of
--       a lot its date or nothing, a tab and its name, or nothing, of each
-- Answers {'network'} if the network is another by now; else for each movement a word, and what is on hand and blocked
-- then: applied; counted (so, too, but the count that stands has what came or left by it); seen (this movement was
-- applied before); reused (the id was used for another movement); below or unblocked (fewer than no units would be left
-- on hand, or blocked); few (of the lot); dated (the lot has another date there); unknown (no such lot is there, and no
-- date says when it expires).
local FIRST, WORDS_EACH = 7, 7
local now = tonumber(ARGV[3])
if redis.call('HGET', key.facts, 'version') ~= ARGV[1] then
  return {'network'}
end
local count = (#ARGV - FIRST + 1) / WORDS_EACH

local function words_of(index)
  local at = FIRST + WORDS_EACH * (index - 1)
  return unpack(ARGV, at, at + WORDS_EACH - 1)
end

local positions = {}
for index = 1, count do
  local _, _, node = words_of(index)
  positions[index] = {index, node}
end
local latest = instant_of_change(positions, now)

local changed, freed, moves, labels = {}, {}, {}, {}
-- of each movement, as `Entry.levels` has it: empty where what is on hand stays as it was
local levels = {}
local function move(index)
  local operation, digest, node, delta, blocked, stated, lot = words_of(index)
  local earlier = redis.call('HGET', key.movements, operation) or redis.call('HGET', key.movements_yesterday, operation)
  if earlier then
    return earlier == digest and 'seen' or 'reused'
  end
  local on_hand, at = key.changed_on_hand(index), math.min(latest, tonumber(stated) or latest)
  local is_known = is_counted(index, node, at, now)
  if tonumber(delta) < 0 and not is_known and tonumber(redis.call('HGET', on_hand, node) or 0) + delta < 0 then
    return 'below'
  elseif tonumber(blocked) < 0 and tonumber(redis.call('HGET', key.changed_blocked(index), node) or 0) + blocked < 0 then
    return 'unblocked'
  end
  local label, refusal
  if lot ~= '' then
    label, refusal = label_of(index, node, string.match(lot, '^(.-)\t(.*)$'))
    local place = node .. '\t' .. (label or '')
    if refusal then
      return refusal
    elseif tonumber(delta) < 0 and not is_counted(index, place, at, now)
        and tonumber(redis.call('HGET', on_hand, place) or 0) + delta < 0 then
      return 'few'
    end
    labels[index] = label
    if delta ~= '0' and change_on_hand(index, place, delta, at, now) then
      moves[#moves + 1] = {index, place, delta, at}
      changed[on_hand] = true
    end
  end
  if delta ~= '0' and change_on_hand(index, node, delta, at, now) then
    moves[#moves + 1] = {index, node, delta, at}
    local after = tonumber(redis.call('HGET', on_hand, node))
    local held = redis.call('HGET', key.changed_held(index), node) or '0'
    levels[index] = plain(after - delta) .. ' ' .. plain(after) .. ' ' .. held
    changed[on_hand] = true
    freed[on_hand] = freed[on_hand] or tonumber(delta) > 0 or nil
  end
  block(index, node, blocked)
  redis.call('HSET', key.movements, operation, digest)
  return delta ~= '0' and is_known and 'counted' or 'applied'
end

local answers, taken, counted = {}, {}, {}
for index = 1, count do
  local _, _, node = words_of(index)
  levels[index] = ''
  local word = move(index)
  answers[index] = {
    word,
    redis.call('HGET', key.changed_on_hand(index), node) or '0',
    redis.call('HGET', key.changed_blocked(index), node) or '0',
  }
  taken[index] = (word == 'applied' or word == 'counted') and '1' or '0'
  counted[index] = word == 'counted' and '1' or '0'
end
offer(freed, note_changes(changed))
local pattern = table.concat(taken)
if string.find(pattern, '1') then
  redis.call('EXPIRE', key.movements, ARGV[6])
  local fields = {'kind', 'moved', 'id', ARGV[4], 'at', ARGV[2], 'taken', pattern, 'moved_at', plain(latest)}
  local in_counts = table.concat(counted)
  if string.find(in_counts, '1') then
    fields[#fields + 1], fields[#fields + 2] = 'in_counts', in_counts
  end
  if next(labels) then
    local lots = {}
    for index = 1, count do
      lots[index] = labels[index] or ''
    end
    fields[#fields + 1], fields[#fields + 2] = 'lots', cjson.encode(lots)
  end
  fields[#fields + 1], fields[#fields + 2] = 'body', ARGV[5]
  fields[#fields + 1], fields[#fields + 2] = 'levels', table.concat(levels, ',')
  for index = 1, #signature do
    fields[#fields + 1] = signature[index]
  end
  local entry = redis.call('XADD', key.log, '*', unpack(fields))
  remember_moves(moves, entry, now)
end
return answers
