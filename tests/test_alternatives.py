"""What several values of one display come to."""

from __future__ import annotations

from pathlib import Path

from streamlint.values import Values
from streamlint.values.alternatives import _both, alternatives
from streamlint.values.domain import Collection, Constant, Origin

MADE = Origin(Path("app.py"), 1, 9)


def made(kind: str, *items: object, is_whole: bool = True) -> Collection:
    return Collection(kind, tuple((None, frozenset((Constant(item),))) for item in items), MADE, is_whole)  # type: ignore[arg-type]


def under(**items: object) -> Collection:
    return Collection("dict", tuple((key, frozenset((Constant(item),))) for key, item in items.items()), MADE)  # type: ignore[arg-type]


def one_of(*values: Collection) -> list[tuple[str | None, set[object]]]:
    """The items of what two of the same display come to."""
    [found] = alternatives(values)
    assert isinstance(found, Collection)
    return [(key, constants(held)) for key, held in found.items]


def constants(values: Values) -> set[object]:
    return {value.value for value in values if isinstance(value, Constant)}


def test_items_of_displays_of_one_length_are_told_apart() -> None:
    assert one_of(made("tuple", 1, 2), made("tuple", 3, 2)) == [(None, {1, 3}), (None, {2})]


def test_items_of_displays_of_several_lengths_are_all_together() -> None:
    assert one_of(made("list", 1, 2), made("list", 3)) == [(None, {1, 2, 3})]


def test_items_of_dicts_are_told_apart_by_their_keys() -> None:
    assert one_of(under(a=1, b=2), under(a=3)) == [("a", {1, 3}), ("b", {2})]


def test_an_empty_one_adds_nothing_unless_a_limit_has_emptied_it() -> None:
    assert one_of(made("list"), made("list", 1)) == one_of(made("list", 1), made("list")) == [(None, {1})]
    emptied, full = made("list", is_whole=False), made("list", 1)
    for found in (_both(emptied, full), _both(full, emptied)):
        assert (found.items, found.is_whole) == ((), False)


def test_displays_of_other_places_stay_apart() -> None:
    other = Collection("list", (), Origin(Path("app.py"), 10, 12))
    assert len(alternatives((made("list", 1), other))) == 2
    assert len(alternatives((made("list", 1), made("tuple", 1)))) == 2


def test_what_a_limit_has_cut_stays_cut() -> None:
    cut, full = made("list", 1, is_whole=False), made("list", 1)
    assert [_both(*two).is_whole for two in ((cut, full), (full, cut), (full, full))] == [False, False, True]
