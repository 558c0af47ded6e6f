"""Several processes say what one says, whatever becomes of them, and none is left behind."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamlint import disk, workers
from tests.conftest import Streamlint

FIXTURES = Path(__file__).parent / "fixtures"
EXAMPLE = Path(__file__).parents[1] / "examples" / "chat_app"
PROJECTS = sorted(
    path for code in ("STL101", "STL204", "STL308") for path in FIXTURES.glob(f"{code}/project_*") if path.is_dir()
)
PATHS = tuple(Path(f"{number}.py") for number in range(6))
HERE = os.getpid()

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot copy a process")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many routes of several projects beside each other."""
    root = tmp_path_factory.mktemp("tree")
    for number, folder in enumerate((EXAMPLE, *PROJECTS)):
        shutil.copytree(folder, root / f"part_{number}")
        (root / f"part_{number}" / "pyproject.toml").touch()
    return root


@pytest.mark.parametrize("arguments", [("--output-format", "json"), ("--diff", "--unsafe-fixes"), ("--statistics",)])
def test_every_number_of_processes_says_the_same(
    tree: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    alone = streamlint(*arguments, "--jobs", "1", str(tree))
    assert "STL" in alone.stdout
    started = []
    real = workers.each
    monkeypatch.setattr(workers, "each", lambda *given: started.append(given[-1]) or real(*given))
    for number in (2, 3):
        together = streamlint(*arguments, "--jobs", str(number), str(tree))
        assert (together.exit_code, together.stdout, together.stderr) == (alone.exit_code, alone.stdout, alone.stderr)
    assert {2, 3} <= set(started)


@pytest.mark.parametrize(
    ("asked", "files", "cores", "platform", "expected"),
    [
        (None, 11, 8, "linux", 1),
        (None, 30, 8, "linux", 2),
        (None, 1_000, 4, "linux", 4),
        (None, 1_000, 64, "linux", 8),
        (None, 1_000, 4, "darwin", 1),
        (3, 1_000, 1, "darwin", 3),
        (16, 1_000, 2, "linux", 16),
        (16, 5, 2, "linux", 5),
        (4, 0, 2, "linux", 0),
    ],
)
def test_as_many_as_the_work_and_the_machine_are_worth(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, files: int, cores: int, platform: str, expected: int
) -> None:
    monkeypatch.setattr(workers, "_cores", lambda: cores)
    monkeypatch.setattr(workers.sys, "platform", platform)
    assert workers.processes(asked, files) == expected


def test_where_no_process_can_be_copied_one_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert workers.processes(8, 1_000) == 1


def _number(path: Path) -> tuple[int, bool]:
    return int(path.stem), os.getpid() == HERE


def test_results_come_in_order_and_only_what_is_dear_goes_elsewhere() -> None:
    found = list(workers.each(PATHS, _number, PATHS[::2], 2))
    assert found == [(path, (number, number % 2 == 1)) for number, path in enumerate(PATHS)]


def test_what_a_killed_process_leaves_is_done_here() -> None:
    def look(path: Path) -> int:
        if os.getpid() != HERE and path == PATHS[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        return int(path.stem)

    assert list(workers.each(PATHS, look, PATHS, 2)) == list(zip(PATHS, range(6), strict=True))
    assert not multiprocessing.active_children()


def test_a_failure_in_another_process_is_one_here() -> None:
    def look(path: Path) -> int:
        raise LookupError(str(path))

    with pytest.raises(LookupError, match=r"0\.py"):
        list(workers.each(PATHS, look, PATHS, 2))
    assert not multiprocessing.active_children()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_leaves_no_process() -> None:
    def look(path: Path) -> str:
        time.sleep(0 if path == PATHS[0] else 600)
        return path.name

    found = workers.each(PATHS, look, PATHS, 2)
    assert next(found) == (PATHS[0], "0.py")
    before = signal.signal(signal.SIGALRM, _interrupt)
    started = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            next(found)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 60
    assert not multiprocessing.active_children()


def _read(path: Path) -> int:
    return len(disk.read_bytes(path))


def test_what_they_ask_of_the_disk_is_known(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    for path in paths:
        path.write_text("1")
    with disk.recorded() as alone:
        list(map(_read, paths))
    with disk.recorded() as record:
        list(workers.each(paths, _read, paths, 2))
    assert record == alone
    assert record.is_whole


def test_two_answers_to_one_question_are_kept_by_nobody(tmp_path: Path) -> None:
    def look(path: Path) -> bytes:
        path.write_text("changed")
        return disk.read_bytes(path)

    path = tmp_path / "a.py"
    path.write_text("1")
    with disk.recorded() as record:
        disk.read_bytes(path)
        list(workers.each([path], look, [path], 2))
    assert not record.is_whole


def test_what_nobody_knows_here_is_not_known_there(tmp_path: Path) -> None:
    def look(_path: Path) -> None:
        disk.depends_on_more()

    looks: Callable[[Path], None] = look
    with disk.recorded() as record:
        list(workers.each([tmp_path], looks, [tmp_path], 2))
    assert not record.is_whole
