-- Takes entries of the log into the index by which decisions and orders are found, unless another process did so
-- meanwhile; or begins the index anew.
--
-- Keys, by the names in script_keys.py; search_day is that of each day that changes, or of each that is deleted.
-- ARGV  1 what tells that the index is there, as its reader found it; nothing: it is begun anew, without what it had
--       2 the last entry in it, as its reader found it  3 the last entry in it from now on  4 number of days
--       then the name of each day in search_days; then, of each field that grows, the number of its day, its name and
--       what is put behind what it has
-- Answers 1, or 0 if the index was not as it was found.
local FIRST, WORDS_EACH, MADE = 5, 3, '1'
local call = redis.call
local found = call('HMGET', key.search_index, 'made', 'cursor')
local days = tonumber(ARGV[4])
if (found[1] or '') ~= ARGV[1] then
  return 0
end
if ARGV[1] == '' then
  for number = 1, days do
    call('DEL', key.search_day(number))
    call('SREM', key.search_days, ARGV[FIRST + number - 1])
  end
  call('HSET', key.search_index, 'made', MADE, 'cursor', ARGV[3])
  return 1
end
if (found[2] or '') ~= ARGV[2] then
  return 0
end
for number = 1, days do
  call('SADD', key.search_days, ARGV[FIRST + number - 1])
end
for at = FIRST + days, #ARGV, WORDS_EACH do
  local day, field = key.search_day(tonumber(ARGV[at])), ARGV[at + 1]
  call('HSET', day, field, (call('HGET', day, field) or '') .. ARGV[at + 2])
end
call('HSET', key.search_index, 'cursor', ARGV[3])
return 1
