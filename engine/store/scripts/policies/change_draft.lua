-- Stores a draft of policies, or takes it away, if it is as it was when it was read.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 its name  2 the tag that it was read with; nothing: there was no such draft  3 its new tag; nothing: it is
--       taken away  4 its JSON  5 how many drafts there may be
-- Answers 'done', or changes nothing: 'changed' if it is another now, 'full' if there are too many drafts.
local stored = redis.call('HGET', key.policy_drafts, ARGV[1])
local tag = stored and string.match(stored, '^%S+') or ''

-- the client library sends a write again if its answer was lost
if tag == ARGV[3] then
  return 'done'
end
if tag ~= ARGV[2] then
  return 'changed'
end
if ARGV[3] == '' then
  redis.call('HDEL', key.policy_drafts, ARGV[1])
  return 'done'
end
if not stored and redis.call('HLEN', key.policy_drafts) >= tonumber(ARGV[5]) then
  return 'full'
end
redis.call('HSET', key.policy_drafts, ARGV[1], ARGV[3] .. ' ' .. ARGV[4])
return 'done'
