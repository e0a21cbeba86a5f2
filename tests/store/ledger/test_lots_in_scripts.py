"""parts/lots.lua works out the lots of a position as engine/model/lots.py does."""

import json

import pytest
from hypothesis import HealthCheck, given

from engine.model.lots import lots_of
from engine.store.connection.client import SCRIPTS
from tests.support.examples import examples
from tests.unit.engine.model.test_lots import POSITIONS, TODAY

pytestmark = pytest.mark.each_server

LOTS = (SCRIPTS / "parts" / "lots.lua").read_text(encoding="utf-8")
RUN = f"""{LOTS}
local given = cjson.decode(ARGV[1])
local texts = {{}}
for _, lot in ipairs(lots_of(given[1], given[2], given[3], '2026-11-28')) do
  texts[#texts + 1] = string.format('%s|%.0f|%.0f', lot[1], lot[2], lot[3])
end
return texts
"""


@examples(70, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=POSITIONS)
def test_scripts_tell_lots_apart_as_python_does(redis_client, position):
    on_hand, held, stored = position
    answer = redis_client.eval(RUN, 0, json.dumps([on_hand, held, sorted(stored)]))
    expected = [f"{lot.label}|{lot.on_hand}|{lot.held}" for lot in lots_of(on_hand, held, stored, TODAY)]
    assert [text.decode() for text in answer] == expected
