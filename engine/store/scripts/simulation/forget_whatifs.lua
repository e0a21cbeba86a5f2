-- Takes what-ifs off the list that are known no more; one that was asked for anew meanwhile stays.
--
-- Keys, by the names in script_keys.py.
-- ARGV  the name of each
for index, name in ipairs(ARGV) do
  if redis.call('EXISTS', key.whatif_job(index)) == 0 then
    redis.call('ZREM', key.whatif_jobs, name)
  end
end
return 1
