"""An application of 2023 does not start with a current LlamaIndex; after one `--fix --unsafe-fixes` it streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .measure import measure, repeated
from .pace import Pace
from .repair import repair

FOLDER = Path(__file__).parents[2] / "examples" / "old_app"
CODE = (FOLDER / "application.py").read_text("utf-8")
FILES = {
    path.relative_to(FOLDER).as_posix(): path.read_text("utf-8")
    for path in (*FOLDER.glob("data/*.txt"), FOLDER / "requirements.txt")
}
ANSWER = "".join(f"word{number} " for number in range(20))


def test_as_it_is_it_does_not_start() -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import application"], cwd=FOLDER, capture_output=True, text=True, timeout=120
    )
    assert started.returncode == 1
    assert "ImportError: cannot import name 'MockEmbedding' from 'llama_index'" in started.stderr


@pytest.mark.parametrize("path", ["/ask?q=holidays", "/chat?q=holidays"])
@repeated
def test_repaired_it_streams(path: str) -> None:
    code, files = repair(CODE, level="unsafe", files=FILES)
    assert code.count("llama_index.core") == CODE.count("from llama_index")
    after = measure(code, path=path, files=files, pace=Pace(tokens=20, gap=0.02))
    assert after.streamed
    assert after.body == ANSWER
