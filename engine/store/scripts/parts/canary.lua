-- Ends a canary, with its entry in the history and the log. Needs `canary`, `canary_state`, `policy_history` and `log`.

-- `because` is why, `seen` JSON of what came of it until then, or nothing; `author` are the fields of who acts.
local function end_canary(at, who, because, note, seen, author)
  local share, base, version = string.match(redis.call('GET', key.canary), '^(%d+):(%x+):(%x+)$')
  redis.call('DEL', key.canary)
  redis.call('HSET', key.canary_state, 'ended', at, 'because', because, 'ended_by', who, 'end_note', note)
  redis.call('XADD', key.policy_history, '*', 'act', 'canary_ended', 'version', version, 'who', who, 'at', at,
    'note', note ~= '' and note or because, 'because', because)
  local details = {base = base, share = tonumber(share), because = because, note = note}
  if seen ~= '' then
    details.seen = cjson.decode(seen)
  end
  redis.call('XADD', key.log, '*', 'kind', 'canary_ended', 'id', version, 'at', at, 'caller', who,
    'details', cjson.encode(details), unpack(author))
end

-- A canary beside a version that is active no more is over, so that it does not begin again should that come back.
local function end_canary_beside_another(active, at)
  local canary = redis.call('GET', key.canary)
  if canary and string.match(canary, '^%d+:(%x+):') ~= active then
    local is_it = string.match(canary, ':(%x+)$') == active
    end_canary(at, '', is_it and 'promoted' or 'activated', '', '', {})
  end
end
