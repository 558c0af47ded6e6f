"""The tool that asks real trees whether the order of questions shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import same_values

TEXT = "import fastapi\n\n\ndef f(x):\n    return x\n\n\na = f(1)\nb = f('k')\n"


def test_every_expression_is_asked_in_every_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text(TEXT, "utf-8")
    first = same_values.answers(tmp_path, 0)
    assert (f"{tmp_path / 'app.py'}:5:12", "Constant int 1, Constant str k") in first
    assert len(first) == 7
    assert same_values.answers(tmp_path, 7) == first
    assert same_values.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: the same\n"


def test_a_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(same_values, "answers", lambda folder, seed, root: [("app.py:1:1", f"Constant int {seed % 2}")])
    assert same_values.main([str(tmp_path), "--rounds", "4"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[:4] == [
        f"{tmp_path}: 2 values differ",
        "app.py:1:1",
        "  first: Constant int 0",
        "  later: Constant int 1",
    ]


PAIRS = """
from collections import defaultdict

class Event: ...

class Trace:
    def __init__(self):
        self.pairs = defaultdict(list)
    def start(self):
        event = Event()
        self.pairs[event].append(event)
    def end(self):
        event = Event()
        self.pairs[event].append(event)
"""
STORES = """
import fastapi

class Engine: ...

KEY = "k"
app = fastapi.FastAPI()
app[KEY] = fastapi.FastAPI()
app[KEY][KEY] = Engine()
app[KEY][KEY][KEY] = 1
"""


@pytest.mark.parametrize("text", [PAIRS, STORES], ids=["put", "stored"])
def test_what_is_put_where_it_was_read_is_known_whoever_asks_first(tmp_path: Path, text: str) -> None:
    """Which places put into a container is not known at first: what they put rests on that."""
    (tmp_path / "app.py").write_text(f"{text}\nimport fastapi\n", "utf-8")
    first = same_values.answers(tmp_path, 0)
    assert all(same_values.answers(tmp_path, seed) == first for seed in range(1, 12))


GROWING = """
import fastapi
def pick(installed, line):
    found = []
    if line:
        found.append(line)
    return found, installed

def parse(lines, installed):
    new = []
    for line in lines:
        verbose = []
        if line.startswith("a"):
            verbose, this = pick(installed, line)
        elif line.startswith("b"):
            verbose, this = pick(installed, line)
        else:
            this = []
        new += verbose
        installed += this
        installed = list(set(installed))
    return new, installed

def main(path):
    parse(open(path).readlines(), ["llama-index-core"])
"""


def test_what_a_loop_adds_to_a_display_of_its_own_is_known_whoever_asks_first(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GROWING, "utf-8")
    first = same_values.answers(tmp_path, 0)
    assert all(same_values.answers(tmp_path, seed) == first for seed in range(1, 20))


def test_the_imports_of_a_package_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "outer" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "outer" / "__init__.py").write_text("", "utf-8")
    (package / "__init__.py").write_text("", "utf-8")
    (package / "told.py").write_text("import fastapi\nLIMIT = 1\n", "utf-8")
    (package / "asked.py").write_text("import fastapi\nfrom outer.inner.told import LIMIT\nprint(LIMIT)\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder, root = same_values.placed("outer.inner")
    assert (folder, root) == (package, tmp_path)
    assert (f"{package / 'asked.py'}:3:7", "Constant int 1") in same_values.answers(folder, 0, root)
