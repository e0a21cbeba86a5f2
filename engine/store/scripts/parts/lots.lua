-- The lots of a position, as engine/model/lots.py has them: units that expire on the same date. What is on hand and held
-- of a lot stands beside what is on hand and held of its position, under the place: the node, a tab, and the lot's label.
-- A label is a date and a name. The field of a node and a tab has the labels of all its lots, with tabs between them.

-- The node and the label of a place; of a whole position, no label.
local function node_and_label(place)
  local node, label = string.match(place, '^([^\t]*)\t(.+)$')
  return node or place, label
end

local function is_expired(label, today)
  return label ~= '' and string.sub(label, 1, 10) < today
end

-- As `lots_of` in engine/model/lots.py. `stored` is a list of {label, units on hand, units held}, sorted by label.
local function lots_of(on_hand, held, stored, today)
  local lots, gone, missing = {}, -math.max(0, on_hand), held
  for index, lot in ipairs(stored) do
    lots[index] = {lot[1], math.max(0, lot[2]), math.max(0, lot[3])}
    gone, missing = gone + lots[index][2], missing - lots[index][3]
  end
  for _, lot in ipairs(lots) do
    local taken = math.max(0, math.min(gone, lot[2]))
    lot[2], gone = lot[2] - taken, gone - taken
  end
  local rest = {'', math.max(0, -gone), 0}
  missing = math.max(0, missing)
  local function hold(lot)
    local taken = math.max(0, math.min(missing, lot[2] - lot[3]))
    lot[3], missing = lot[3] + taken, missing - taken
  end
  hold(rest)
  for _, lot in ipairs(lots) do
    if not is_expired(lot[1], today) then
      hold(lot)
    end
  end
  rest[3] = rest[3] + missing
  if rest[2] > 0 or rest[3] > 0 then
    lots[#lots + 1] = rest
  end
  return lots
end

local function labels_in(text)
  local labels = {}
  for label in string.gmatch(text or '', '[^\t]+') do
    labels[#labels + 1] = label
  end
  return labels
end

-- Whether a text has the same labels as another, in any order.
local function has_labels(text, other)
  local all = '\t' .. other .. '\t'
  for _, label in ipairs(labels_in(text)) do
    if not string.find(all, '\t' .. label .. '\t', 1, true) then
      return false
    end
  end
  return #text == #other
end

-- The lots of a node whose labels are in `text`, sorted, from the hashes of what is on hand and held of a SKU. So many units of
-- each as `own` says by label count as not held.
local function read_lots(on_hand_key, held_key, node, text, on_hand, held, today, own)
  local stored = {}
  for index, label in ipairs(labels_in(text)) do
    local place = node .. '\t' .. label
    stored[index] = {
      label,
      tonumber(redis.call('HGET', on_hand_key, place) or 0),
      (redis.call('HGET', held_key, place) or 0) - (own and own[label] or 0),
    }
  end
  return lots_of(on_hand, held, stored, today)
end

-- The label of the lot `name` of a node, and nothing; or nothing, and why there is none: dated (the lot has another date
-- there), unknown (no such lot is there, and no date says when it expires). Needs changed_on_hand of the SKU.
local function label_of(index, node, date, name)
  for _, label in ipairs(labels_in(redis.call('HGET', key.changed_on_hand(index), node .. '\t'))) do
    if string.sub(label, 12) == name then
      local is_of_date = date == '' or string.sub(label, 1, 10) == date
      return is_of_date and label or nil, not is_of_date and 'dated' or nil
    end
  end
  if date == '' then
    return nil, 'unknown'
  end
  return date .. ' ' .. name
end
