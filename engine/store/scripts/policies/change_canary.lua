-- Lets a canary decide a larger share of the orders, or ends it.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the canary's id  2 now (UTC seconds)  3 who  4 note  5 the share in ten-thousandths, or 0 to end it
--       6 why it ends  7 JSON of what came of it until then, or nothing  8 '1' if Pointsman does so by itself
--       9 '1' if it grows though nobody else approved it  10 '1' if it does though its gate did not pass
--       11 operation id
-- Answers 'done', or changes nothing: 'reused' if the operation did something else before, 'over' if that canary runs no
-- more, 'smaller' if the share is not larger.
-- Not the canary's version: a request that is sent again is the same, also if another canary runs by then.
local change = ARGV[5] == '0' and 'canary_ended -' or 'canary_grown - ' .. ARGV[5]

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('HGET', key.policy_operations, ARGV[11])
if before then
  return before == change and 'done' or 'reused'
end
local share, base, version = string.match(redis.call('GET', key.canary) or '', '^(%d+):(%x+):(%x+)$')
if not share or redis.call('HGET', key.canary_state, 'id') ~= ARGV[1] then
  return 'over'
end
if ARGV[5] == '0' then
  end_canary(ARGV[2], ARGV[3], ARGV[6], ARGV[4], ARGV[7], ARGV[8] == '1' and {} or signature)
  redis.call('HSET', key.policy_operations, ARGV[11], change)
  return 'done'
end
if tonumber(ARGV[5]) < tonumber(share) then
  return 'smaller'
end
if tonumber(ARGV[5]) > tonumber(share) then
  redis.call('SET', key.canary, ARGV[5] .. ':' .. base .. ':' .. version)
  redis.call('HSET', key.canary_state, 'share', ARGV[5])
  local past = {'act', 'canary_grown', 'version', version, 'who', ARGV[3], 'at', ARGV[2], 'note', ARGV[4],
    'share', ARGV[5]}
  add_overrides(past, ARGV[9], ARGV[10])
  redis.call('XADD', key.policy_history, '*', unpack(past))
  redis.call('XADD', key.log, '*', 'kind', 'canary_grown', 'id', version, 'at', ARGV[2], 'caller', ARGV[3],
    'details', cjson.encode({
      share = tonumber(ARGV[5]), before = tonumber(share), note = ARGV[4], override = ARGV[9] == '1' or nil,
      override_gate = ARGV[10] == '1' or nil,
    }), unpack(signature))
end
redis.call('HSET', key.policy_operations, ARGV[11], change)
return 'done'
