-- Writes records of API keys, all of them or none.
--
-- Keys, by the names in script_keys.py.
-- ARGV  for each record: 1 id of the key  2 the record that it takes the place of, empty if there must be none  3 record
-- Answers 'done', or 'changed' if a record is another one meanwhile.
for place = 1, #ARGV, 3 do
  local stored = redis.call('HGET', key.api_keys, ARGV[place]) or ''
  -- the client library sends a write again if its answer was lost: what it wrote then stands already
  if stored ~= ARGV[place + 1] and stored ~= ARGV[place + 2] then
    return 'changed'
  end
end
for place = 1, #ARGV, 3 do
  redis.call('HSET', key.api_keys, ARGV[place], ARGV[place + 2])
end
return 'done'
