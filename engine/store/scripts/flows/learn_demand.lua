-- Puts products with other paces of sale in place of those there, all at once. Those there before are kept as they were.
--
-- Keys, by the names in script_keys.py; former_products is that of the number of the network that was read.
-- ARGV  1 the network version that was read  2 the version that it becomes  3 its number  4 how many products are staged
--       5 seconds that what was staged must last at least  6 now (UTC seconds)  7 the log entry's body
--       8 what it was learnt from, as `Keys.demand` has it
-- Answers 'done', also if it was done before and the answer was lost; or changes nothing: 'changed' if another network
-- is there by now, or is being loaded; 'gone' if what was staged has been deleted, or soon will be.
local version = redis.call('HGET', key.facts, 'version')
if version == ARGV[2] then
  return 'done'
end
if version ~= ARGV[1] or (redis.call('HGET', key.facts, 'number') or '0') ~= ARGV[3] then
  return 'changed'
end
if redis.call('TTL', key.staged_products) < tonumber(ARGV[5])
  or redis.call('HLEN', key.staged_products) ~= tonumber(ARGV[4]) then
  return 'gone'
end
local number = note_former_version(version)
redis.call('HSET', key.facts, 'version', ARGV[2], 'number', number + 1)
redis.call('HSET', key.former_networks, 'products ' .. number, 1)
redis.call('RENAME', key.products, key.former_products)
redis.call('RENAME', key.staged_products, key.products)
redis.call('PERSIST', key.products)
redis.call('SET', key.demand, ARGV[8])
redis.call('XADD', key.log, '*', 'kind', 'demand_learnt', 'id', ARGV[2], 'at', ARGV[6], 'body', ARGV[7], unpack(signature))
return 'done'
