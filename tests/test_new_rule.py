"""A rule with an analysis of its own, a page, fixtures, a report and a witness adds files; nobody edits an old one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("streamlint", "tests", "tools", "docs", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml")
GENERATED = {"README.md", "docs/rules/STL399.md", "tests/fixtures/STL399/bad_each.report.txt"}
"""What `tools` write."""

APPLICATION = '''\
"""Tokens go to the terminal too."""

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)

    def stream():
        for token in response.response_gen:
            {step}
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
'''
FOUND = APPLICATION.replace("{step}", "print(token)  # STL399")
CLEAN = APPLICATION.replace("            {step}\n", "")
ANALYSIS = '''\
"""What a generator prints while a response sends its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.generators import Generators

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


class Prints:
    """Judges calls of `print`."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.generators = project.ask(Generators)

    def is_between_items(self, call: ir.Call, frame: Frame) -> bool:
        return "builtins.print" in self.evaluator.names(call.function, frame) and self.generators.is_sent(frame)
'''
RULE = '''\
from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.finding import Severity
from streamlint.tree.python import PythonFile
from streamlint.model import syntax as ir
from streamlint.faults.prints import Prints
from streamlint.rule import Rule, on


class PrintedTokens(Rule):
    """
    ## What it does

    Finds tokens that are printed between the items of a stream.

    ## Why it breaks streaming

    A terminal that nobody reads holds up the generator.

    ## Example

    ```python
{example}    ```

    ## Use instead

    ```python
{instead}    ```

    ## Fix safety

    There is no fix.

    ## References

    - [Python: print](https://docs.python.org/3/library/functions.html#print)
    """

    code = "STL399"
    name = "printed-tokens"
    severity = Severity.WARNING
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{call}` stands between two tokens"

    @on(ir.Call)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if file.project.ask(Prints).is_between_items(call, file.frame(scope)):
            yield file.fact(self, call, call=file.one_line(call), label="prints each token", help="leave it out")
'''
WITNESS = '''\
"""STL399 printed-tokens: tokens that go to the terminal too."""

from __future__ import annotations

from .measure import broken_and_fixed

CODE = """
{code}"""


def test_the_tokens_come() -> None:
    broken, _ = broken_and_fixed(CODE, select=("STL399",), framework="fastapi")
    assert broken.status == 200
'''


def indented(text: str) -> str:
    """A text as the documentation of a rule holds it."""
    code = text.split("\n\n", 1)[1].replace("  # STL399", "")
    return "".join(f"    {line}".rstrip() + "\n" for line in code.splitlines())


FILES = {
    "streamlint/faults/prints.py": ANALYSIS,
    "streamlint/rules/stl399_printed_tokens.py": RULE.replace("{example}", indented(FOUND)).replace(
        "{instead}", indented(CLEAN)
    ),
    "tests/fixtures/STL399/bad_each.py": FOUND,
    "tests/fixtures/STL399/ok_none.py": CLEAN,
    "tests/fixtures/STL399/ok_before.py": CLEAN.replace("    def stream():\n", "    print(q)\n\n    def stream():\n"),
    "tests/fixtures/STL399/ok_own.py": FOUND.replace("print(token)  # STL399", "log(token)").replace(
        "app = ", "log = [].append\napp = "
    ),
    "tests/witness/test_stl399.py": WITNESS.replace("{code}", FOUND.split("\n\n", 1)[1]),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the files of a new rule, and what `tools` made of them."""
    target = tmp_path_factory.mktemp("house")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored)
        else:
            shutil.copy(source, target / name)
    for name, text in FILES.items():
        assert not (target / name).exists()
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(text, "utf-8")
    said(target, "-m", "tools.fixture_reports", "tests/fixtures/STL399/bad_each.py")
    said(target, "-m", "tools.rule_docs")
    return target


def said(house: Path, *command: str, code: int = 0, cwd: Path | None = None) -> str:
    """What Python prints that runs the program of this house."""
    environment = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd or house, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_nothing_else_changes(house: Path) -> None:
    files = {path.relative_to(house).as_posix(): path for path in house.rglob("*") if path.is_file()}
    changed = {
        name
        for name, path in files.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_bytes() != path.read_bytes()
    }
    assert changed == GENERATED | set(FILES)


def test_it_is_listed_and_finds_its_fault(house: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FOUND.replace("  # STL399", ""), "utf-8")
    page = said(house, "-m", "streamlint", "--explain", "STL399", cwd=tmp_path)
    assert "printed-tokens" in page
    assert "printed-tokens" in said(house, "-m", "streamlint", "--list-rules", cwd=tmp_path)
    assert "A terminal that nobody reads holds up the generator." in page
    found = said(house, "-m", "streamlint", "--output-format", "concise", ".", code=1, cwd=tmp_path)
    assert "STL399" in found
    assert "`print(token)` stands between two tokens" in found
    assert "printed-tokens" in (house / "README.md").read_text("utf-8")


def test_the_tests_of_all_rules_take_it_up(house: Path) -> None:
    names = ("fixtures", "rules", "flagging", "fixture_reports")
    told = said(
        house, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-k", "STL399", *(f"tests/test_{n}.py" for n in names)
    )
    for expected in ("bad_each.py", "ok_none.py", "bad_each.report.txt", "test_example_raises_exactly_this_code"):
        assert expected in told
    assert " skipped" not in told
    witnesses = said(
        house, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--collect-only", "tests/witness/test_stl399.py"
    )
    assert "test_the_tokens_come" in witnesses
