-- Marks, for the installation, up to where a network may give out serials of a range, before it reserves them. What is
-- marked outlives the network: one that is reset, or restored from a backup, goes on behind it. No other network may
-- give out serials of the range.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the range  2 the network  3 the mark that the network knows of  4 up to where it has reserved  5 how many more it
--       may reserve now
-- Answers {'done', the mark before, the mark from now on}, or {'taken', the network that has the range}.
local owner, marked = string.match(redis.call('HGET', key.claimed_serials, ARGV[1]) or '', '^(.*) (%d+)$')
if owner and owner ~= ARGV[2] then
  return {'taken', owner}
end
marked = tonumber(marked) or 0
local behind = marked > tonumber(ARGV[3]) and math.max(marked, tonumber(ARGV[4])) or tonumber(ARGV[4])
local mark = math.max(marked, behind + tonumber(ARGV[5]))
redis.call('HSET', key.claimed_serials, ARGV[1], string.format('%s %.0f', ARGV[2], mark))
return {'done', string.format('%.0f', marked), string.format('%.0f', mark)}
