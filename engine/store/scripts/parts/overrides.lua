-- Adds to the fields of an entry of the history what was done without: `no_approval` is '1' if nobody else approved the
-- version, though somebody should, and `no_gate` '1' if its gate did not pass.
local function add_overrides(fields, no_approval, no_gate)
  if no_approval == '1' then
    fields[#fields + 1], fields[#fields + 2] = 'override', '1'
  end
  if no_gate == '1' then
    fields[#fields + 1], fields[#fields + 2] = 'override_gate', '1'
  end
end
