-- Notes under which number the network that is about to be replaced is to be found, and answers that number.
local function note_former_version(version)
  local number = tonumber(redis.call('HGET', key.facts, 'number') or 0)
  local known = redis.call('HGET', key.former_versions, version)
  local first = known and string.match(known, '^%d+') or number
  redis.call('HSET', key.former_versions, version, first .. ' ' .. number)
  return number
end
