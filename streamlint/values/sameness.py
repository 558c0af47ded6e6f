"""Equal answers as one object: most of them are given again and again, and each takes hundreds of bytes."""

from __future__ import annotations

from collections.abc import Callable

from streamlint.values.domain import UNKNOWN, Collection, Values, nesting
from streamlint.values.frames import shallow

_MOST_NESTED = 3


class Sameness:
    """Keeps the one object that stands for some values; `give_up` is called where they are nested too deeply to be kept whole."""

    def __init__(self, give_up: Callable[[], object]) -> None:
        self._give_up = give_up
        self._same: dict[Values, Values] = {UNKNOWN: UNKNOWN}

    def one(self, values: Values) -> Values:
        """The one object that stands for these values wherever they are the answer, not nested deeply."""
        known = self._same.get(values)
        if known is None:
            known = self._shared(self._shallow(values))
            self._same[values] = known
        return known

    def _shallow(self, values: Values) -> Values:
        if nesting(values) > _MOST_NESTED:
            self._give_up()
        return shallow(values, _MOST_NESTED)

    def _shared(self, values: Values) -> Values:
        """The same values, once; what displays among them hold is equal to what it was, and kept once too."""
        known = self._same.get(values)
        if known is None:
            self._same[values] = known = values
            for value in frozenset.__iter__(values):
                if type(value) is Collection and value.items:
                    self._share_items(value)
        return known

    def _share_items(self, display: Collection) -> None:
        rows = [(key, values, self._shared(values)) for key, values in display.items]
        if any(new is not old and type(new) is type(old) for _, old, new in rows):  # alternatives alone have an order
            items = tuple([(key, new if type(new) is type(old) else old) for key, old, new in rows])
            object.__setattr__(display, "items", items)  # equal to what they were
