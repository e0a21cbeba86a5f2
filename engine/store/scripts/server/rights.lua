-- Tries every command that scripts use on a key that never exists, as Redis asks of each command that a script calls
-- whether the user may call it. Leaves the key as it was: not there. Returns the names of those that may not be called.
-- ARGV[1] is 1 if only commands that read are to be tried.
local name = key.never_written
local missing = {}
local function try(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err and string.find(answer.err, 'permission') then
    missing[#missing + 1] = command
    return false
  end
  return true
end

try('EXISTS', name)
try('GET', name)
try('HEXISTS', name, 'a')
try('HGET', name, 'a')
try('HGETALL', name)
try('HKEYS', name)
try('HLEN', name)
try('HMGET', name, 'a')
try('INFO', 'server')
try('LINDEX', name, 0)
try('LLEN', name)
try('LRANGE', name, 0, 0)
try('MGET', name)
try('PTTL', name)
try('SCARD', name)
try('TIME')
try('TTL', name)
try('XREVRANGE', name, '+', '-', 'COUNT', 1)
try('ZCARD', name)
try('ZRANGE', name, 0, 0)
try('ZRANGEBYSCORE', name, 0, 0)
try('ZSCORE', name, 'a')
-- without UNLINK the key would stay
if ARGV[1] == '1' or not try('UNLINK', name) then
  return missing
end

try('DEL', name)
try('EXPIRE', name, 1)
try('HDEL', name, 'a')
try('LTRIM', name, 0, 0)
try('PERSIST', name)
try('PEXPIRE', name, 1)
try('RENAME', name, name)
try('RPOP', name)
try('SREM', name, 'a')
try('ZREM', name, 'a')
try('ZREMRANGEBYRANK', name, 0, 0)
try('ZREMRANGEBYSCORE', name, 0, 0)
local function try_adding(command, ...)
  try(command, name, ...)
  redis.call('UNLINK', name)
end
try_adding('HINCRBY', 'a', 1)
try_adding('HSET', 'a', 1)
try_adding('HSETNX', 'a', 1)
try_adding('INCRBY', 1)
try_adding('RPUSH', 'a')
try_adding('SADD', 'a')
try_adding('SET', 'a')
try_adding('XADD', '*', 'a', 1)
try_adding('ZADD', 0, 'a')
return missing
