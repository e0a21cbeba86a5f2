-- Writes events into the stream for readers inside, each once.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the cursor that was read, or nothing  2 the cursor behind these events  3 how many events the stream keeps,
--       about  then id, type, subject and JSON of each
-- Answers 1; 0 if others wrote them meanwhile.
if (redis.call('GET', key.events_cursor) or '') ~= ARGV[1] then
  return 0
end
for at = 4, #ARGV, 4 do
  redis.call('XADD', key.events, 'MAXLEN', '~', ARGV[3], '*',
    'id', ARGV[at], 'type', ARGV[at + 1], 'subject', ARGV[at + 2], 'event', ARGV[at + 3])
end
redis.call('SET', key.events_cursor, ARGV[2])
return 1
