"""The rest of a node as JSON: as a decision names it, and as it is kept among the facts of a decision."""

from typing import Annotated, TypeAlias

from msgspec import Meta

from engine.decide.decision import RestingNode
from engine.decide.order_record import Record, Timestamp, seconds, timestamp
from engine.decide.sentence_record import SentenceRecord, in_every_language, texts_by_field
from engine.model.facts import NodeRest
from rules.wording import amounts
from rules.wording.catalogue import Catalogue, load_catalogues

TextByLanguage: TypeAlias = dict[str, str]


@in_every_language
class RestingRecord(SentenceRecord, frozen=True):
    """A node that is given nothing until an instant, because it rejected units of a decision."""

    node: str
    until: Timestamp
    since: Timestamp
    reason: str
    decision: Annotated[str, Meta(description="whose units it rejected")]
    policy_version: Annotated[str, Meta(description="the version that decided when it rejected them")]
    rules: Annotated[
        dict[str, TextByLanguage],
        Meta(description="of that version, which gave it this rest, and why they are there, by language"),
    ]

    @classmethod
    def of(cls, resting: RestingNode) -> "RestingRecord":
        """`until` is in UTC; the sentences give the end of the rest by the installation's wall clock."""
        rest = resting.rest
        sentences = {item.language: _rest_sentence(resting, item) for item in load_catalogues()}
        return cls(
            node=resting.node,
            until=timestamp(rest.until),
            since=timestamp(rest.since),
            reason=rest.reason,
            decision=rest.decision,
            policy_version=rest.policy_version,
            rules={rule: dict(texts) for rule, texts in sorted(rest.because.items())},
            **texts_by_field(sentences),
        )


def _rest_sentence(resting: RestingNode, catalogue: Catalogue) -> str:
    until = amounts.instant(resting.until_local, catalogue)
    reason = catalogue.text(f"choices.{resting.rest.reason}")
    return catalogue.text("node_rest", node=resting.node, until=until, reason=reason)


class RestRecord(Record, frozen=True):
    """The rest of a node: it was given nothing until an instant."""

    until: Timestamp
    since: Timestamp
    reason: str
    decision: str
    policy_version: str
    rules: dict[str, TextByLanguage]

    @classmethod
    def of(cls, rest: NodeRest) -> "RestRecord":
        return cls(
            until=timestamp(rest.until),
            since=timestamp(rest.since),
            reason=rest.reason,
            decision=rest.decision,
            policy_version=rest.policy_version,
            rules={rule: dict(texts) for rule, texts in rest.because.items()},
        )

    @property
    def rest(self) -> NodeRest:
        return NodeRest(
            until=seconds(self.until),
            since=seconds(self.since),
            reason=self.reason,
            decision=self.decision,
            policy_version=self.policy_version,
            because=self.rules,
        )
