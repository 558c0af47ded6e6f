"""One request that code of the repository makes and whose answer it reads: what it asks, and where."""

from __future__ import annotations

from enum import StrEnum

from streamlint.finding import Place
from streamlint.immutable import immutable
from streamlint.readers.addresses import Address


class Reading(StrEnum):
    """As what an answer is read, in the words for the place that asks."""

    JSON = "reads the answer as JSON"
    EVENTS = "listens to the answer as events"


@immutable
class Ask:
    """`method` is "" where it cannot be told."""

    address: Address
    method: str
    place: Place
    reading: Reading = Reading.JSON
