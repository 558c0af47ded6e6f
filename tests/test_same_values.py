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
