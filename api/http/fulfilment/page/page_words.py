"""The words of the page about a parcel, by language: each is a file in `words`."""

import datetime
import functools
from collections.abc import Mapping
from importlib import resources

import msgspec
import yaml

from engine.model.tracking import TrackingState


class PageWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one language. `months` and `weekdays` begin with January and Monday; `steps` are those of the bar."""

    title: str
    language: str
    parcel: str
    carrier: str
    states: dict[TrackingState, str]
    hints: dict[TrackingState, str]
    handed_over: str
    handed_over_hint: str
    steps: tuple[str, str, str, str]
    pick_up: str
    since: str
    on: str
    expected: str
    was_expected: str
    going_to: str
    of_several: str
    history: str
    no_history: str
    done: str
    now: str
    times: str
    not_found: str
    not_found_hint: str
    too_many: str
    too_many_hint: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    moment: str

    def day(self, moment: datetime.datetime) -> str:
        """Friday 27 November."""
        return self.date.format(
            weekday=self.weekdays[moment.weekday()], day=moment.day, month=self.months[moment.month - 1]
        )

    def instant(self, moment: datetime.datetime) -> str:
        """Friday 27 November, 16:40."""
        return self.moment.format(date=self.day(moment), time=f"{moment:%H:%M}")


@functools.cache
def page_words() -> Mapping[str, PageWords]:
    """By the code of the language."""
    files = (resources.files(__package__) / "words").iterdir()
    texts = {file.name.removesuffix(".yaml"): file.read_text("utf-8") for file in files if file.name.endswith(".yaml")}
    return {code: msgspec.convert(yaml.safe_load(text), PageWords) for code, text in sorted(texts.items())}
