"""A repair is followed by another look at what it can have changed, and at nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from streamlint import judging
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write

HELPED = """\
from fastapi import FastAPI

from helpers import wait

app = FastAPI()


@app.get("/")
async def chat():
    wait()
    return {}
"""
HELPER = """\
import asyncio
import time

from fastapi import FastAPI


def wait():
    time.sleep(1)
"""


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was judged."""
    count: Counter[str] = Counter()
    real = judging.judge

    def counting(file: Any, rules: Any) -> Iterator[Any]:
        count[file.path.name] += 1
        return real(file, rules)

    monkeypatch.setattr(judging, "judge", counting)
    return count


def test_a_file_that_no_import_connects_is_judged_once(
    write: Write, streamlint: Streamlint, judged: Counter[str]
) -> None:
    write("one.py", BLOCKING)
    write("other.py", BLOCKING.replace("time.sleep", "nothing"))
    assert "Fixed 1 finding in 1 file" in streamlint("--fix").stdout
    assert judged == {"one.py": 2, "other.py": 1}


def test_what_imports_the_edited_file_is_judged_again(
    write: Write, streamlint: Streamlint, judged: Counter[str]
) -> None:
    write("main.py", BLOCKING.replace("import time\n", "import time\n\nimport helpers\n", 1))
    write("helpers.py", HELPER)
    write("user.py", HELPED)
    write("apart.py", BLOCKING.replace("time.sleep", "nothing"))
    streamlint("--fix")
    assert judged["main.py"] == judged["user.py"] == 2
    assert judged["apart.py"] == 1


def test_nothing_to_fix_is_judged_once(write: Write, streamlint: Streamlint, judged: Counter[str]) -> None:
    write("one.py", BLOCKING.replace("time.sleep", "nothing"))
    write("shop.py", CLEAN)
    streamlint("--fix")
    assert judged == {"one.py": 1}
