"""What tells one EDI message from all others: who sent it to whom, and the control references around it.

The reference of a message alone (UNH 0062, ST02) tells nothing: every sender counts for itself, most begin again in
each interchange, and some in each year. So the references of the interchange and of the group belong to it, and the
instant at which the interchange was made, for senders whose counters begin again.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from api.connectors.formats.edi.groups import EdiGroup
from api.connectors.formats.edi.segments import Segment

_IDENTIFYING: Mapping[str, Sequence[int]] = MappingProxyType(
    {
        "UNB": (1, 2, 3, 4),
        "UNG": (1, 2, 4),
        "UNH": (0,),
        "ISA": (4, 5, 6, 7, 8, 9, 12),
        "GS": (1, 2, 5),
        "ST": (0, 1),
    }
)
"""Of each segment of an envelope, and of the first of a message, the elements that identify, counted from 0: sender,
receiver, date and time, reference; of UNH and ST the reference of the message, and of ST its type before it.
"""


def message_identity(group: EdiGroup) -> str:
    """A text that is the same for two messages only if they are one that was sent twice, in the same interchange."""
    message = group.message
    envelope = message.parent.segments if message.parent is not None else ()
    return " ".join(_identifying(segment) for segment in (*envelope, message.begin))


def _identifying(segment: Segment) -> str:
    elements = [segment.elements[index] for index in _IDENTIFYING.get(segment.tag, ()) if index < len(segment.elements)]
    return "+".join([segment.tag, *(":".join(component.strip() for component in element) for element in elements)])
