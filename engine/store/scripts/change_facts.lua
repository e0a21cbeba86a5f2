-- Puts changed products, or a network with changed nodes, in place of those there. Stock, holds and policies stay, and
-- so does what products and network were before.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 the network version that was read  2 the version that it becomes  3 the network as JSON, or nothing
--       4 the values that products have as JSON, or nothing  5 now (UTC seconds)  6 the log entry's body
--       7 the policies that the network was checked against, as JSON: the active version, or nothing, then the entries of
--       the schedule; nothing if it was not checked; then of each product its SKU, the product as JSON, and what it is found by,
--       an entry of the index a line
-- Answers 'done', also if it was done before and the answer was lost; or changes nothing: 'changed' if another network
-- is there by now, or is being loaded, or if others are active or scheduled than the network was checked against.
local version = redis.call('HGET', key.facts, 'version')
if version == ARGV[2] then
  return 'done'
end
if version ~= ARGV[1] then
  return 'changed'
end
if ARGV[7] ~= '' then
  local policies = {redis.call('GET', key.active_policy) or '', unpack(redis.call('ZRANGE', key.scheduled_policies, 0, -1))}
  policies[#policies + 1] = redis.call('GET', key.canary) or nil
  local checked = cjson.decode(ARGV[7])
  for index = 1, math.max(#policies, #checked) do
    if policies[index] ~= checked[index] then
      return 'changed'
    end
  end
end
local number = note_former_version(version)
redis.call('HSET', key.facts, 'version', ARGV[2], 'number', number + 1)
if ARGV[3] ~= '' then
  redis.call('HSET', key.former_networks, number, redis.call('HGET', key.facts, 'body'))
  redis.call('HSET', key.facts, 'body', ARGV[3])
end
if ARGV[4] ~= '' then
  redis.call('HSET', key.facts, 'words', ARGV[4])
end
for at = 8, #ARGV, 3 do
  local before = redis.call('HGET', key.products, ARGV[at]) or ''
  redis.call('ZADD', key.former_items, 0, string.format('product:%s\n%012d\n%s', ARGV[at], number, before))
  redis.call('HSET', key.products, ARGV[at], ARGV[at + 1])
  for entry in string.gmatch(ARGV[at + 2], '[^\n]+') do
    redis.call('ZADD', key.product_index, 0, entry)
  end
end
redis.call('XADD', key.log, '*', 'kind', 'network_changed', 'id', ARGV[2], 'at', ARGV[5], 'body', ARGV[6], unpack(signature))
return 'done'
