"""Write the reports of fixtures, `tests/fixtures/*/*.report.txt`, as a person reads them: `python -m tools.fixture_reports`.

`bad_chain.report.txt` is the full report on `bad_chain.py`, `project_hops.report.txt` that on the project of this name. A fixture
that is named (`python -m tools.fixture_reports tests/fixtures/STL204/bad_chain.py`) gets its first one.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import chdir
from pathlib import Path

from streamlint import reporters
from streamlint.reporters.style import Style
from streamlint.run import run
from tools.fixtures import FIXTURES, ROOT, laid_out, request

_ENDING = ".report.txt"


def reports() -> list[Path]:
    """The reports that are kept."""
    return sorted(FIXTURES.glob(f"*/*{_ENDING}"))


def fixture_of(report: Path) -> Path:
    """The file or the project that a report is about."""
    name = report.name.removesuffix(_ENDING)
    file = report.with_name(f"{name}.py")
    return file if file.is_file() else report.with_name(name)


def report_of(fixture: Path) -> Path:
    """Where the report on a fixture is kept."""
    return fixture.with_name(f"{fixture.name.removesuffix('.py')}{_ENDING}")


def report(fixture: Path) -> str:
    """What streamlint prints about a fixture, without its marks and without colours."""
    with tempfile.TemporaryDirectory() as name, chdir(name):
        folder = Path(os.path.realpath(name))
        laid_out(fixture, folder)
        outcome = run(request(folder, fixture.parent.name))
        return reporters.reporter("full")(outcome, Style())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fixtures", nargs="*", type=Path, help="fixtures that get a report")
    named = parser.parse_args().fixtures
    for path in sorted({*reports(), *(report_of(fixture.resolve()) for fixture in named)}):
        text = report(fixture_of(path))
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
