"""An import that a repair makes useless stays where other files read its name through the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.fix import Level
from streamlint.run import Request, run

ROUTE = """import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    time.sleep(0.1)
    return q
"""


def repaired(root: Path, **others: str) -> str:
    """The route's file after its repair, among other files."""
    (root / "route.py").write_text(ROUTE)
    for name, text in others.items():
        (root / f"{name}.py").write_text(text)
    outcome = run(Request((root,), Config(root=root), Selection(select=("STL203",)), Level.SAFE, fix=True))
    (change,) = outcome.changes
    assert "await asyncio.sleep(0.1)" in change.after.text
    return change.after.text


@pytest.mark.parametrize(
    "reader",
    [
        "from route import time as clock\n",
        'from unittest.mock import patch\n\nwith patch("route.time.sleep"):\n    pass\n',
        "import route\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(route.time, 'sleep', print)\n",
        "import route as served\n\nserved.time.sleep = print\n",
    ],
)
def test_a_name_that_is_read_through_the_file_stays(tmp_path: Path, reader: str) -> None:
    assert "import time\n" in repaired(tmp_path, test_route=reader)


@pytest.mark.parametrize(
    "other",
    ["import time\n\nimport route\n\ntime.sleep(1)\n", "from other import time\n", "import route\n\nroute.chat.time\n"],
)
def test_another_name_is_nobodys_business(tmp_path: Path, other: str) -> None:
    assert "import time\n" not in repaired(tmp_path, other=other)
