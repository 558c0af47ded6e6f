"""The example of an application behind proxies has one finding for each of its faults, and none after its repairs."""

from __future__ import annotations

import re
from pathlib import Path

from streamlint.deployment.limits import Failure
from streamlint.finding import Severity
from tests.deployed_example import BY_HAND, FOLDER, copied, linted, repaired

CLASSES = {
    "STL501": Failure.BUFFER,
    "STL504": Failure.IDLE,
    "STL308": Failure.TOTAL,
    "STL561": Failure.FIRST_BYTE,
    "STL516": Failure.SHUTDOWN,
    "STL505": Failure.MASK,
    "STL520": Failure.IDLE,
    "STL528": Failure.IDLE,
    "STL532": Failure.IDLE,
}


def test_each_fault_has_one_finding() -> None:
    assert set(CLASSES.values()) == set(Failure)
    assert sorted(finding.code for finding in linted(FOLDER).findings) == sorted(CLASSES)


def test_the_page_has_each_finding_with_its_class_and_file() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z-]+) \| `(\S+)` \| (STL\d+) \|", page, re.MULTILINE)
    found = {finding.code: finding.path.relative_to(FOLDER).as_posix() for finding in linted(FOLDER).findings}
    assert {(name.replace("-", "_"), code, path) for name, path, code in rows} == {
        (failure.name, code, found[code]) for code, failure in CLASSES.items()
    }
    assert BY_HAND[1] in page


def test_after_the_repairs_there_is_none(tmp_path: Path) -> None:
    folder = repaired(copied(tmp_path / "app", {}))
    assert not linted(folder).findings
    (advice,) = linted(folder, advice=True).findings
    assert (advice.code, advice.severity) == ("STL590", Severity.ADVICE)
    assert "CloudFront" in advice.message and "120 s" in advice.message  # the most that it allows
