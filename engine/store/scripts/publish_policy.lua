-- Stores a policy set under its version, and notes in the history who published it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 operation id  2 version  3 files as JSON  4 who  5 at (UTC seconds)  6 note  7 number of rules  8 its test files as
--       JSON, empty if there are none  9 how many of its tests fail, in an emergency  10 ... the rules because of which they
--       do
-- Answers {'done', 1 if the version was new, else 0}, or {'reused'} if the operation did something else before.
local done = 'published ' .. ARGV[2]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[1])
if before then
  -- `published VERSION 1` where it was new
  if string.sub(before, 1, #done) ~= done then
    return {'reused'}
  end
  return {'done', tonumber(string.sub(before, -1))}
end
local new = redis.call('HSETNX', key.policies, ARGV[2], ARGV[3])
if ARGV[8] ~= '' then
  redis.call('HSET', key.policy_tests, ARGV[2], ARGV[8])
end
local failing, emergency = tonumber(ARGV[9]), nil
local history = {
  'act', 'published', 'version', ARGV[2], 'who', ARGV[4], 'at', ARGV[5], 'note', ARGV[6], 'rules', ARGV[7],
}
if failing > 0 then
  history[#history + 1], history[#history + 2] = 'failing_tests', ARGV[9]
  emergency = {failing_tests = failing, rules = {unpack(ARGV, 10)}}
end
redis.call('XADD', key.policy_history, '*', unpack(history))
redis.call('HSET', key.policy_operations, ARGV[1], done .. ' ' .. new)
redis.call('XADD', key.log, '*', 'kind', 'published', 'id', ARGV[2], 'at', ARGV[5], 'caller', ARGV[4],
  'details', cjson.encode({note = ARGV[6], rules = tonumber(ARGV[7]), new = new == 1, emergency = emergency}),
  unpack(signature))
return {'done', new}
