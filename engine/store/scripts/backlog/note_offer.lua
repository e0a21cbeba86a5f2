-- Notes of an entry of the backlog, if it still waits, why stock was of no use to it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 decision id  2 the note
-- Answers nothing.
if redis.call('HEXISTS', key.backlog, ARGV[1]) == 1 then
  local stamp = string.match(redis.call('HGET', key.offered, ARGV[1]) or '', '^%d+') or '0'
  redis.call('HSET', key.offered, ARGV[1], stamp .. ' ' .. ARGV[2])
end
