-- Reads everything one decision needs, at one moment, once every hold whose time is over has been ended.
--
-- Keys, by the names in script_keys.py; load is that of each period, on_hand, held and receipts are those of each SKU,
-- then taken those of each SKU by the periods of allotments.
-- ARGV  1 now (UTC seconds)  2 the instant whose policies decide  3 the number of the order, which says whether it is in
--       the share of a canary, or nothing  4 how many stamps are asked for
--       then so many members of `changed`, the number of loads, last the number of SKUs
-- Answers {'expired', hold ids} if holds have to be ended first (by change_holds.lua), and is then called again; or
-- {network version, policy version, the decision of the idempotency key, that of the order's id, loads by period, nodes
-- that rest, 1 if some stock has lots, the open receipts of each SKU if any receipt is open, the table of look-ahead
-- prices in force, then on_hand and held of each SKU, then what was taken, then if stamps are asked for, all of them as
-- one text, - where there is none}. A policy version that was scheduled and is due is answered as `instant:version`, that
-- of a canary as `canary:version`. A
-- hash is answered as one text of a name and its value on a line each, which is faster to make and to read than two
-- answers for each node; no name has a line break in it.
local MOST_AT_ONCE = 100
local call = redis.call
local now = ARGV[1]

local function lines(hash)
  return table.concat(call('HGETALL', hash), '\n')
end

local expired = call('ZRANGEBYSCORE', key.expiring, '-inf', now, 'LIMIT', 0, MOST_AT_ONCE)
if #expired > 0 then
  return {'expired', expired}
end

local version, rests_until, lots, has_receipts =
  unpack(call('HMGET', key.facts, 'version', 'rests', 'lots', 'receipts'))
local loads = {}
for period = 1, tonumber(ARGV[5 + ARGV[4]]) do
  loads[period] = lines(key.load(period))
end
local answer = {
  version,
  (deciding_policy(ARGV[2], ARGV[3])),
  call('GET', key.idempotency),
  call('HGET', key.order, 'first'),
  loads,
  rests_until and tonumber(rests_until) > tonumber(ARGV[2]) and lines(key.resting) or '',
  lots or '',
  {},
  call('HGET', key.lookahead, 'current'),
}
for index = 1, has_receipts and tonumber(ARGV[#ARGV]) or 0 do
  answer[8][index] = lines(key.receipts(index))
end
for index = 1, tonumber(ARGV[#ARGV]) do
  answer[#answer + 1] = lines(key.on_hand(index))
  answer[#answer + 1] = lines(key.held(index))
end
local index, taken = 1, key.taken(1)
while taken do
  answer[#answer + 1] = lines(taken)
  index = index + 1
  taken = key.taken(index)
end
if tonumber(ARGV[4]) > 0 then
  local stamps = call('ZMSCORE', key.changed, unpack(ARGV, 5, 4 + ARGV[4]))
  for member = 1, ARGV[4] do
    stamps[member] = stamps[member] or '-'
  end
  answer[#answer + 1] = table.concat(stamps, ' ')
end
return answer
