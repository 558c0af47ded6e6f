"""Rules: how they are found, and what happens when one is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streamlint import rule
from tests.conftest import BLOCKING, Write

CRASHING = '''
"""A rule that fails."""
from streamlint.finding import Severity
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on


class Crashing(Rule):
    """Fails on every call."""

    code, name, severity, since, message = "STL199", "crashing", Severity.ERROR, "0.1.0", "m"
    stands_on = ("Call",)

    @on(ir.Call)
    def check(self, call, scope, file):
        raise ZeroDivisionError("on purpose")
        yield
'''


def test_catalogue_speaks_for_the_files() -> None:
    names = rule.catalogue()
    assert [name.code for name in names] == sorted({name.code for name in names})
    assert "STL203" in rule.codes()


def test_every_rule_is_what_its_file_name_says() -> None:
    loaded = rule.discover()
    assert [(each.code, each.name) for each in loaded] == [(name.code, name.name) for name in rule.catalogue()]
    assert [type(each).__init__ for each in loaded] == [object.__init__] * len(loaded)


def test_discover_imports_only_what_is_selected() -> None:
    assert [each.code for each in rule.discover({"STL203"})] == ["STL203"]


@pytest.fixture
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, to which a test adds rules."""
    target = tmp_path_factory.mktemp("copy")
    package = Path(rule.__file__).parent
    shutil.copytree(package, target / "streamlint", ignore=shutil.ignore_patterns("__pycache__"))
    return target


def run(copy: Path, project: Path) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(copy)!r}); from streamlint.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "--output-format", "concise"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_only_asked_by_name(copy: Path, write: Write, project: Path) -> None:
    shy = CRASHING.replace('stands_on = ("Call",)', 'stands_on = ("Call",)\n    only_named = True')
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(shy.replace("ERROR", "ADVICE"))
    write("app.py", BLOCKING.replace("sleep(1)", "sleep(1)  # streamlint: ignore[STL199] asked by others"))
    done = run(copy, project)
    assert (done.returncode, "STL199" in done.stdout) == (1, False), "neither asked nor missed"
    for settings in ('extend-select = ["STL199"]', 'severity = { STL199 = "warning" }'):
        write("streamlint.toml", settings)
        assert run(copy, project).returncode == 3


def test_a_crashing_check_is_told_loudly_and_the_others_go_on(copy: Path, write: Write, project: Path) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(CRASHING)
    write("app.py", BLOCKING)
    done = run(copy, project)
    assert done.returncode == 3
    assert "app.py:10:5: error[STL203]" in done.stdout
    assert done.stdout.count("error[STL009] rule-crashed: STL199 (crashing) failed here with ZeroDivisionError") == 1
    assert 'raise ZeroDivisionError("on purpose")' in done.stderr
    assert "internal error" in done.stderr


def test_of_an_error_with_very_many_words_the_first_are_told(copy: Path, write: Write, project: Path) -> None:
    words = CRASHING.replace('"on purpose"', '"on purpose " * 10_000')
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(words)
    write("app.py", BLOCKING)
    done = run(copy, project)
    assert "failed here with ZeroDivisionError: on purpose on purpose" in done.stdout
    assert len(done.stdout) + len(done.stderr) < 5_000


ONLY_ON_LOOPS = CRASHING.replace("@on(ir.Call)", "@on(ir.Call, where=loops)").replace(
    "from streamlint.rule import Rule, on", "from streamlint.rule import Rule, on\nfrom streamlint.within import loops"
)
OFF_LOOP = BLOCKING.replace("async def", "def")


@pytest.mark.parametrize(("text", "crashes"), [(BLOCKING, 1), (OFF_LOOP, 0)])
def test_a_check_sees_only_the_nodes_where_it_may_have_something_to_say(
    copy: Path, write: Write, project: Path, text: str, crashes: int
) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(ONLY_ON_LOOPS)
    write("app.py", text)
    assert run(copy, project).stdout.count("rule-crashed: STL199 (crashing) failed here") == crashes


def test_a_question_that_crashes_before_any_node_is_told_for_its_rule_alone(
    copy: Path, write: Write, project: Path
) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(
        CRASHING.replace("@on(ir.Call)", "@on(ir.Call, where=lambda file, scope: 1 / 0)")
    )
    write("app.py", BLOCKING)
    done = run(copy, project)
    assert "app.py:10:5: error[STL203]" in done.stdout
    assert done.stdout.count("rule-crashed: STL199 (crashing) failed here with ZeroDivisionError") == 1


def test_a_rule_that_cannot_be_imported_stops_the_program(copy: Path, write: Write, project: Path) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text("import nothing_of_this_name\n")
    write("app.py", BLOCKING)
    done = run(copy, project)
    assert done.returncode == 3
    assert "nothing_of_this_name" in done.stderr
    assert done.stdout == ""


def test_a_rule_must_match_its_file_name(copy: Path, write: Write, project: Path) -> None:
    (copy / "streamlint" / "rules" / "stl198_crashing.py").write_text(CRASHING)
    write("app.py", BLOCKING)
    done = run(copy, project)
    assert done.returncode == 3
    assert "must define one Rule with code 'STL198'" in done.stderr
