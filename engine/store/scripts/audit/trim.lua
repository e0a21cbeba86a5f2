-- Takes the first entries off the log, once they are in the archive: all of them or none, and once.
--
-- Keys, by the names in script_keys.py; trimmed_log is the log.
-- ARGV  1 how many entries were taken off before, as it was read  2 the last entry to take off  3 how many these are
--       4 the folder of the archive  5 the date of its file  6 what is noted of that  then, of each entry that is kept on
--       the server all the same, its id and its fields
-- Answers 1; 0 if others took some off meanwhile; -1 if the log has other entries there than so many.
local call = redis.call
if (call('HGET', key.sealed, 'trimmed') or '0') ~= ARGV[1] then
  return 0
end
local count = tonumber(ARGV[3])
local first = call('XRANGE', key.trimmed_log, '-', ARGV[2], 'COUNT', count + 1)
if #first ~= count or first[count][1] ~= ARGV[2] then
  return -1
end
for index = 7, #ARGV, 2 do
  call('HSET', key.archived_kept, ARGV[index], ARGV[index + 1])
end
local next_entry = call('XRANGE', key.trimmed_log, '(' .. ARGV[2], '+', 'COUNT', 1)[1]
if not next_entry then
  return -1
end
call('XTRIM', key.trimmed_log, 'MINID', next_entry[1])
call('HINCRBY', key.sealed, 'trimmed', count)
call('HSET', key.archived, 'through', ARGV[2], 'folder', ARGV[4])
call('HSET', key.archived_days, ARGV[5], ARGV[6])
return 1
