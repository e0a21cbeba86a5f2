"""Where a connector that sends begins: with what happens once it is seen, also if it can't send yet."""

import logging
import uuid

from api.connectors.language.connector import Connector
from api.connectors.sending.records.batch import CURSOR
from api.connectors.sending.records.kinds import RECORDS
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

logger = logging.getLogger("pointsman")


def begin_sending(pointsman: Pointsman, connector: Connector) -> bool:
    """Store from where the connector sends, unless it began before; False if another process has its turn with it.
    Raises PointsmanError if that can't be told now.
    """
    store, name, who = pointsman.connectors, connector.name, uuid.uuid4().hex
    if connector.sends is None:
        return True
    if not store.take_turn(name, who):
        return False
    try:
        place = store.place(name)
        if CURSOR in place.fields:
            return True
        start = RECORDS[connector.kind](pointsman, connector, connector.sends).start()
        kept = store.keep(name, who, place.step + 1, Step(fields={CURSOR: start}), now=pointsman.now, since=0)
    finally:
        store.end_turn(name, who)
    if kept:
        logger.info("connector %s begins: it sends what happens from now on", name)
    return kept
