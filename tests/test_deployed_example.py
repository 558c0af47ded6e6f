"""The example of an application behind a proxy has one finding for each way in which a stream fails, and none after its repairs."""

from __future__ import annotations

import re
from pathlib import Path

from streamlint.deployment.limits import Failure
from tests.deployed_example import BY_HAND, FOLDER, copied, linted, repaired

CLASSES = {
    "STL501": Failure.BUFFER,
    "STL504": Failure.IDLE,
    "STL308": Failure.TOTAL,
    "STL561": Failure.FIRST_BYTE,
    "STL516": Failure.SHUTDOWN,
    "STL505": Failure.MASK,
}


def test_each_class_has_one_finding() -> None:
    assert set(CLASSES.values()) == set(Failure)
    assert sorted(finding.code for finding in linted(FOLDER).findings) == sorted(CLASSES)


def test_the_page_has_each_class_with_its_file() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z-]+) \| `(\S+)` \| (STL\d+) \|", page, re.MULTILINE)
    found = {finding.code: finding.path.relative_to(FOLDER).as_posix() for finding in linted(FOLDER).findings}
    assert {(name.replace("-", "_"), code, path) for name, path, code in rows} == {
        (failure.name, code, found[code]) for code, failure in CLASSES.items()
    }
    assert BY_HAND[1] in page


def test_after_the_repairs_there_is_none(tmp_path: Path) -> None:
    folder = repaired(copied(tmp_path / "app", {}))
    assert [(finding.code, finding.message) for finding in linted(folder, advice=True).findings] == []
