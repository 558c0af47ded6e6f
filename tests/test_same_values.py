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
    monkeypatch.setattr(same_values, "answers", lambda folder, seed: [("app.py:1:1", f"Constant int {seed % 2}")])
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
