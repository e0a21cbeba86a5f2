-- Puts a table of look-ahead prices in force, all at once. Tables never change: those before stay as they are.
--
-- Keys, by the names in script_keys.py; lookahead_table is that of the new table's digest.
-- ARGV  1 the table's digest  2 its head  3 when it was learnt  4 how many SKUs are staged  5 the digest of the table
--       that has those which are not, or nothing  6 seconds that what was staged must last at least
--       7 now (UTC seconds)  8 the log entry's body
-- Answers 'done', also if it was done before, even if another table took its place since; or changes nothing: 'older' if
-- the table in force was learnt no earlier; 'gone' if what was staged has been deleted, or soon will be, or
-- if the other table was deleted.
local digest, skus = ARGV[1], tonumber(ARGV[4])
local current, learnt_at = unpack(redis.call('HMGET', key.lookahead, 'current', 'learnt_at'))
if redis.call('HEXISTS', key.lookahead_heads, digest) == 1 then
  return 'done'
end
if current and tonumber(learnt_at) >= tonumber(ARGV[3]) then
  return 'older'
end
if ARGV[5] ~= '' and redis.call('HEXISTS', key.lookahead_heads, ARGV[5]) == 0 then
  return 'gone'
end
if skus > 0 then
  if redis.call('TTL', key.staged_lookahead) < tonumber(ARGV[6])
    or redis.call('HLEN', key.staged_lookahead) ~= skus then
    return 'gone'
  end
  redis.call('RENAME', key.staged_lookahead, key.lookahead_table)
  redis.call('PERSIST', key.lookahead_table)
else
  redis.call('DEL', key.lookahead_table)
end
redis.call('HSET', key.lookahead_heads, digest, ARGV[2])
redis.call('ZADD', key.lookahead_published, ARGV[7], digest)
redis.call('HSET', key.lookahead, 'current', digest, 'learnt_at', ARGV[3])
redis.call('XADD', key.log, '*', 'kind', 'lookahead_published', 'id', digest, 'at', ARGV[7], 'body', ARGV[8],
  unpack(signature))
return 'done'
