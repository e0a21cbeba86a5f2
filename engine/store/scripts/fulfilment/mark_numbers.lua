-- Marks, for the installation, up to where a network may issue tracking numbers of its ranges, before it reserves them.
-- What is marked outlives the network: one that is reset, or restored from a backup, goes on behind it. No other network
-- may issue numbers of these ranges.
--
-- Keys, by the names in script_keys.py; key.claimed_numbers has by form of a range, a tab and its first serial
-- `NETWORK LAST MARK`.
-- ARGV  1 the network  2 its ranges as JSON: of each its form, first and last serial, and up to where it may issue now (a
--       last serial below the first: it is not to issue more)
-- Answers {'done'} and, in pairs, each field and its mark from now on; or, and then nothing is changed, {'taken', the
-- network that has some of these numbers, the first and the last serial that it has}.
local network, claimed, raw = ARGV[1], {}, redis.call('HGETALL', key.claimed_numbers)
for place = 1, #raw, 2 do
  local form, first = string.match(raw[place], '^(.*)\t(%d+)$')
  local owner, last, mark = string.match(raw[place + 1], '^(.*) (%d+) (%d+)$')
  claimed[#claimed + 1] = {
    field = raw[place], form = form, first = tonumber(first), owner = owner, last = tonumber(last), mark = tonumber(mark),
  }
end
local ranges, marks = cjson.decode(ARGV[2]), {}
for place, range in ipairs(ranges) do
  local form, first, last, mark = range[1], range[2], range[3], range[4]
  local field = form .. '\t' .. string.format('%.0f', first)
  for _, other in ipairs(claimed) do
    if other.owner == network and other.field == field then
      mark = math.max(mark, other.mark)
    end
  end
  last = math.max(last, mark - 1)
  for _, other in ipairs(claimed) do
    if other.owner ~= network and other.form == form and first <= other.last and other.first <= last then
      return {'taken', other.owner, string.format('%.0f', other.first), string.format('%.0f', other.last)}
    end
  end
  marks[place] = {field = field, first = first, last = last, mark = mark}
end
local answer = {'done'}
for _, range in ipairs(marks) do
  if range.last < range.first then
    redis.call('HDEL', key.claimed_numbers, range.field)
  else
    redis.call('HSET', key.claimed_numbers, range.field, string.format('%s %.0f %.0f', network, range.last, range.mark))
  end
  answer[#answer + 1], answer[#answer + 2] = range.field, string.format('%.0f', range.mark)
end
return answer
