-- Answers who is next to be offered the free units of a SKU, and closes the offer once that is nobody.
--
-- Keys, by the names in script_keys.py; on_hand, held and receipts are those of the SKU. Units that are to come are free
-- where nobody was promised them: the policies say who may be.
-- ARGV  1 the rank that they must come before, or nothing  2 units beyond those on hand that a place may sell at most
--       then, if the units were of no use to one who was next: 3 its name  4 the stamp answered then  5 the note of why
-- A name is the decision of an entry or, with a space in it, a shipment whose promise is at risk.
-- Answers {newest stamp, rank, the entry's body}, whose last line is the name; or {} if no offer is open, or its units go to nobody before that rank.
-- Who was offered something since the offer was opened is passed over.
local MOST_PASSED_OVER = 1000
local call = redis.call
local function waiting_body(name)
  return call('HGET', string.find(name, ' ', 1, true) and key.promises_waiting or key.backlog, name)
end
if ARGV[3] and waiting_body(ARGV[3]) then
  call('HSET', key.offered, ARGV[3], ARGV[4] .. ' ' .. ARGV[5])
end
local stored = call('HGET', key.offers, key.on_hand)
if not stored then
  return {}
end
local stamp, after = string.match(stored, '^(%d+) (.*)$')

local function some_are_free()
  local held, of_node = call('HGETALL', key.held), {}
  for index = 1, #held, 2 do
    of_node[held[index]] = tonumber(held[index + 1])
  end
  local on_hand = call('HGETALL', key.on_hand)
  for index = 1, #on_hand, 2 do
    local is_position = not string.find(on_hand[index], '\t', 1, true)
    if is_position and math.max(0, on_hand[index + 1]) + ARGV[2] > (of_node[on_hand[index]] or 0) then
      return true
    end
  end
  for _, text in ipairs(call('HVALS', key.receipts)) do
    local receipt = receipt_of(text)
    if units_to_come(receipt) > receipt.promised then
      return true
    end
  end
end

if not some_are_free() then
  call('HDEL', key.offers, key.on_hand)
  return {}
end
local answer = {}
for _ = 1, MOST_PASSED_OVER do
  local member = next_waiting(key.on_hand, after, '')
  if not member then
    call('HDEL', key.offers, key.on_hand)
    return {}
  end
  if ARGV[1] ~= '' and next_waiting(key.on_hand, after, ARGV[1]) ~= member then
    break
  end
  local rank = string.sub(member, #key.on_hand + 2)
  local name = string.match(rank, '[^\n]*$')
  local body = waiting_body(name)
  local offered = string.match(call('HGET', key.offered, name) or '', '^%d+')
  if not body then  -- the index has drifted: nobody waits there
    call('ZREM', key.waiting, member)
  elseif not offered or tonumber(offered) < tonumber(stamp) then
    local newest = call('ZRANGE', key.changed, 0, 0, 'REV', 'WITHSCORES')[2]
    answer = {newest or stamp, rank, body}
    break
  end
  after = rank
end
call('HSET', key.offers, key.on_hand, stamp .. ' ' .. after)
return answer
