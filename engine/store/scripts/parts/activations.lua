-- Log entries of policy versions that became active. Needs `log`, `active_policy`, `scheduled_policies` and
-- `logged_activations`.

-- `author` are the fields of the entry that say who acts. `overrides`: nobody else approved it, though somebody should;
-- `overrides_gate`: its gate did not pass.
local function log_activation(version, before, at, who, because, note, author, overrides, overrides_gate)
  redis.call('XADD', key.log, '*', 'kind', 'activated', 'id', version, 'at', at, 'caller', who, 'details',
    cjson.encode({
      before = before or cjson.null, because = because, note = note, override = overrides or nil,
      override_gate = overrides_gate or nil,
    }),
    unpack(author))
end

-- A scheduled version is active from its instant on without anybody writing so: whoever comes by first logs it, as what
-- Pointsman does by itself. Who scheduled it has an entry of its own.
local function log_due_activations(now)
  local active = redis.call('GET', key.active_policy)
  for _, entry in ipairs(redis.call('ZRANGE', key.scheduled_policies, '-inf', now, 'BYSCORE')) do
    local since, version = string.match(entry, '^(%d+):(.+)$')
    if version ~= active and redis.call('HSETNX', key.logged_activations, entry, '') == 1 then
      log_activation(version, active, since, '', 'scheduled', '', {})
    end
    active = version
  end
  if active then
    end_canary_beside_another(active, now)
  end
end
