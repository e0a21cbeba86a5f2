-- Adds leaves to the sealed log and puts the checkpoint of it in place: all of it or nothing, and once.
--
-- Keys, by the names in script_keys.py; grown are the bundles of leaves and the tiles that grow.
-- ARGV  1 the size of the sealed log, as it was read  2 the origin  3 the size from now on  4 its head  5 the last entry
--       6 the checkpoint  then, of each that grows, its length as it was read and what is added
-- Answers 1; 0 if others sealed meanwhile; -1 if a bundle or tile is not as long as its tree says.
local call = redis.call
if (call('HGET', key.sealed, 'size') or '0') ~= ARGV[1] then
  return 0
end
for index = 1, (#ARGV - 6) / 2 do
  if call('STRLEN', key.grown(index)) ~= tonumber(ARGV[5 + 2 * index]) then
    return -1
  end
end
for index = 1, (#ARGV - 6) / 2 do
  call('APPEND', key.grown(index), ARGV[6 + 2 * index])
end
call('HSET', key.sealed, 'origin', ARGV[2], 'size', ARGV[3], 'root', ARGV[4], 'last', ARGV[5], 'checkpoint', ARGV[6])
return 1
