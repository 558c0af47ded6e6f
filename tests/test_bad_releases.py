"""Which release is good: behind a bad one, and behind all bad ones that follow it at once."""

from __future__ import annotations

import pytest
from packaging.version import Version

from streamlint.knowledge.dependencies import Broken, broken_releases
from streamlint.releases.bad_releases import _good

ROWS = broken_releases()


def is_bad(package: str, release: str) -> bool:
    return any(row.package == package and Version(row.first) <= Version(release) < Version(row.below) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.package}-{row.first}")
def test_behind_a_bad_release_comes_a_good_one(row: Broken) -> None:
    good = _good(row.package, row.first)
    assert not is_bad(row.package, good)
    assert good in {one.below for one in ROWS if one.package == row.package}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.package}-{row.first}")
def test_a_release_of_another_package_is_good(row: Broken) -> None:
    assert _good("another", row.first) == row.first
