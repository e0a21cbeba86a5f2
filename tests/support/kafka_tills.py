"""A connector that reads sales of tills from a topic of Kafka, and what tests ask of it."""

import json

from api.connectors.running.early_mark import SUFFIX as EARLY
from tests.support.connectors import MOVEMENTS


class Died(BaseException):
    """As kill -9, but that the lease is given back."""


def topic_of(here):
    return here.connector.reads.source.topic


def reading(topic, servers, more=""):
    place = f"reads: {{kafka: {topic}, servers: [{servers}], group: {group_of(topic)}{more}}}"
    text = MOVEMENTS.replace("reads: {folder: in, settled: 0s}", place)
    return text.replace("format: csv", "format: json")


def group_of(topic):
    return f"readers-of-{topic}"


def sale(number, article="RARE", shop="lyon", pieces=1):
    return json.dumps({"shop": shop, "article": article, "pieces": pieces, "receipt": f"R{number}", "line": 1})


def committed(brokers, topic):
    return sum(brokers.committed(topic, group_of(topic)).values())


def quarantined(here):
    folder = here.root / "tills" / "bad"
    names = [path.name[16:] for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(name for name in names if not name.endswith(EARLY))
