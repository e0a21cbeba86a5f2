-- The policy version that decides at an instant: as `instant:version` if it was scheduled, and as `canary:version` if
-- the order's number is in the share of a canary; then the version alone. A canary stands beside one version: where
-- another is active, it is over. An order without a number is in no share. Needs `scheduled_policies`, `active_policy`
-- and `canary`.
local function deciding_policy(at, number)
  local due = redis.call('ZRANGE', key.scheduled_policies, at, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
  local active, canary = unpack(redis.call('MGET', key.active_policy, key.canary))
  local version = due and string.match(due, ':(.+)') or active
  if canary and number ~= '' then
    local share, base, its = string.match(canary, '^(%d+):(%x+):(%x+)$')
    if base == version and tonumber(number) < tonumber(share) then
      return 'canary:' .. its, its
    end
  end
  return due or active, version
end
