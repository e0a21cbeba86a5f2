-- Writes records of API keys, all of them or none, and logs that.
--
-- Keys, by the names in script_keys.py; `log` is that of the installation.
-- ARGV  1 now (UTC seconds)  then for each record: id of the key, the record that it takes the place of (empty if there
--       must be none), the record, the kind of the log entry and its body
-- Answers 'done', or 'changed' if a record is another one meanwhile.
local FIRST, WORDS_EACH = 2, 5
local written = 0
for at = FIRST, #ARGV, WORDS_EACH do
  local stored = redis.call('HGET', key.api_keys, ARGV[at]) or ''
  -- the client library sends a write again if its answer was lost: what it wrote then stands already
  if stored == ARGV[at + 2] then
    written = written + 1
  elseif stored ~= ARGV[at + 1] then
    return 'changed'
  end
end
if written * WORDS_EACH == #ARGV - FIRST + 1 then
  return 'done'
end
for at = FIRST, #ARGV, WORDS_EACH do
  redis.call('HSET', key.api_keys, ARGV[at], ARGV[at + 2])
  redis.call('XADD', key.log, '*', 'kind', ARGV[at + 3], 'id', ARGV[at], 'at', ARGV[1], 'body', ARGV[at + 4],
    unpack(signature))
end
return 'done'
