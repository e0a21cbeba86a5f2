"""Effects whose values are more than one amount."""

from rules.reserves import Protection, Reserve
from tests.support import invalid_policies
from tests.support.invalid_policies import rule


def test_protect_takes_one_channel_or_several():
    one = rule(invalid_policies.then("protect: {channel: web, units: 5}"))
    two = rule(invalid_policies.then("protect: [{channel: web, units: 5}, {channel: app, share: 2.5%}]"))
    web, app = (
        Protection(channel="web", reserve=Reserve(units=5)),
        Protection(channel="app", reserve=Reserve(share=250)),
    )
    assert [effect.value for effect in one.effects] == [web]
    assert [effect.value for effect in two.effects] == [web, app]
