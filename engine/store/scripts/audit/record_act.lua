-- Logs an act that changes nothing of the network, or that was carried out elsewhere.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 kind  2 id of what it is about  3 now (UTC seconds)  4 the entry's body  5 seconds the operation is kept
-- Answers the entry's id.

-- the client library sends a write again if its answer was lost: it is answered again and not applied twice
local before = redis.call('GET', key.operation)
if before then
  return before
end
local entry = redis.call('XADD', key.log, '*', 'kind', ARGV[1], 'id', ARGV[2], 'at', ARGV[3], 'body', ARGV[4],
  unpack(signature))
redis.call('SET', key.operation, entry, 'EX', ARGV[5])
return entry
