-- Stores a policy set under its version, and says in the history who did it.
--
-- KEYS  1 policies  2 history  3 acts
-- ARGV  1 operation id  2 version  3 files as JSON  4 who  5 at (UTC seconds)  6 note  7 number of rules
-- Answers {'done', 1 if the version was new, else 0}, or {'reused'} if the operation did something else before.
local act = 'published ' .. ARGV[2]

-- a write that the client's library sends again, its answer having been lost, is answered and not applied twice
local before = redis.call('HGET', KEYS[3], ARGV[1])
if before then
  -- `published VERSION 1` where it was new
  if string.sub(before, 1, #act) ~= act then
    return {'reused'}
  end
  return {'done', tonumber(string.sub(before, -1))}
end
local new = redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3])
redis.call(
  'XADD', KEYS[2], '*', 'act', 'published', 'version', ARGV[2],
  'who', ARGV[4], 'at', ARGV[5], 'note', ARGV[6], 'rules', ARGV[7]
)
redis.call('HSET', KEYS[3], ARGV[1], act .. ' ' .. new)
return {'done', new}
