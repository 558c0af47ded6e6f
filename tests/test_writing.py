"""What of a file survives that it is written, who may write it at a time, and what a killed run leaves."""

from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamlint import fixing, intake, writing
from streamlint.source import Source
from streamlint.writing import UnwritableFile
from tests.conftest import BLOCKING, Streamlint, Write, run_program

POSIX = sys.platform != "win32"
FIXED = BLOCKING.replace("import time", "import asyncio").replace("time.sleep", "await asyncio.sleep")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "app.py"
    file.write_text("a = 1\n")
    return file


def written(path: Path, text: str = "a = 2\n") -> None:
    fixing.write(Source.read(path), text)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


# What survives


def test_all_names_of_a_file_stay_one_file(path: Path) -> None:
    other = path.with_name("other.py")
    os.link(path, other)
    before = path.stat().st_ino
    written(path, "a = 'longer than before'\n")
    assert path.stat().st_ino == other.stat().st_ino == before
    assert other.read_text() == "a = 'longer than before'\n"
    written(path, "a\n")
    assert other.read_text() == "a\n"
    assert names(path.parent) == ["app.py", "other.py"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664, 0o2755, 0o1644])
@pytest.mark.parametrize("links", [1, 2])
def test_the_mode_stays(path: Path, mode: int, links: int) -> None:
    if links == 2:
        os.link(path, path.with_name("other.py"))
    path.chmod(mode)
    written(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_attributes_and_access_lists_stay(path: Path) -> None:
    access = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, permission, owner)
        for tag, permission, owner in [
            (1, 6, 0xFFFFFFFF),
            (2, 6, 1234),
            (4, 4, 0xFFFFFFFF),
            (16, 6, 0xFFFFFFFF),
            (32, 4, 0xFFFFFFFF),
        ]
    )
    kept = {"user.origin": b"here", "system.posix_acl_access": access}
    try:
        for name, value in kept.items():
            os.setxattr(path, name, value)
    except (OSError, AttributeError):
        kept = {}
    inode = path.stat().st_ino
    written(path)
    assert path.stat().st_ino != inode, "it was replaced"
    assert {name: os.getxattr(path, name) for name in kept} == kept


def as_somebody_else(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that is nobody's where this one is root's: root may write everywhere."""
    drop = "import os\nif os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    modules = "import streamlint.writing, streamlint.source, errno, encodings.ascii\n"
    source = f"{modules}{drop}{textwrap.dedent(program)}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", source], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


WRITE = """
from pathlib import Path
try:
    streamlint.writing.replace(Path("app.py"), b"a = 1\\n", b"a = 2\\n")
except (streamlint.writing.UnwritableFile, OSError) as error:
    print(f"not written: {error}")
"""


@pytest.fixture
def shared(path: Path) -> Iterator[Path]:
    """A folder that others reach, in /tmp rather than in a folder that only its owner may enter."""
    folder = path.parent
    for above in (folder, *folder.parents[:2]):
        if above.stat().st_uid == os.getuid():
            above.chmod(above.stat().st_mode | 0o055)
    yield path
    folder.chmod(0o755)


@pytest.mark.skipif(not POSIX, reason="owners of POSIX")
def test_a_folder_that_takes_no_file(shared: Path) -> None:
    shared.chmod(0o666)
    shared.parent.chmod(0o555)
    done = as_somebody_else(WRITE, shared.parent)
    assert (done.stdout, done.stderr) == ("not written: Permission denied: its folder takes no new file\n", "")
    assert shared.read_text() == "a = 1\n"


def test_an_owner_that_cannot_be_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    real = os.stat

    def another_owner(file: object, **options: object) -> os.stat_result:
        status = real(file, **options)  # type: ignore[call-overload]
        return os.stat_result((*status[:4], 1234, *status[5:])) if file == path else status

    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "stat", another_owner)
    with pytest.raises(UnwritableFile, match="Operation not permitted: its owner and group cannot be kept"):
        writing.replace(path, b"a = 1\n", b"a = 2\n")
    assert (names(path.parent), path.read_text()) == (["app.py"], "a = 1\n")


def test_the_owner_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, ...]] = []
    real = os.stat

    def another_owner(file: object, **options: object) -> os.stat_result:
        status = real(file, **options)  # type: ignore[call-overload]
        return os.stat_result((*status[:4], 1234, 4321, *status[6:])) if file == path else status

    monkeypatch.setattr(os, "fchown", lambda _, *owner: given.append(owner))
    monkeypatch.setattr(os, "stat", another_owner)
    writing.replace(path, b"a = 1\n", b"a = 2\n")
    assert (given, path.read_text()) == ([(1234, 4321)], "a = 2\n")


@pytest.mark.parametrize("name", ["a" * 252 + ".py", "ü" * 126 + ".py", "語" * 84 + ".py"])
def test_names_at_the_limit_of_the_file_system(write: Write, streamlint: Streamlint, name: str) -> None:
    path = write(name, BLOCKING)
    assert streamlint("--fix").exit_code == 0
    assert path.read_text() == FIXED
    assert [each.name for each in path.parent.iterdir() if each.name != "pyproject.toml"] == [name]


# What a disk refuses in the middle


@pytest.mark.parametrize("links", [1, 2])
def test_a_full_disk_leaves_the_old_text(path: Path, monkeypatch: pytest.MonkeyPatch, links: int) -> None:
    if links == 2:
        os.link(path, path.with_name("other.py"))
    before = names(path.parent)
    real, calls = os.write, []

    def fill(descriptor: int, content: bytes) -> int:
        calls.append(content)
        if len(calls) == (1 if links == 1 else 3):
            return real(descriptor, content[:3])
        if len(calls) == (2 if links == 1 else 4):
            raise OSError(28, "No space left on device")
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(UnwritableFile, match="No space left"):
        written(path, "bcdefghijk = 2\n")
    assert (names(path.parent), path.read_text()) == (before, "a = 1\n")


# Two runs at a time


def test_the_loser_of_two_runs_says_so(write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlint import config, run

    path = write("app.py", BLOCKING)
    request = run.Request((Path("app.py"),), config.Config(project), config.Selection(), fix=True)
    first, second = run.run(request), run.run(request)
    assert run.write(request, first).unwritten == ()
    lost = run.write(request, second)
    assert [each.reason for each in lost.unwritten] == ["has changed since it was read"]
    assert (lost.applied, lost.findings, path.read_text()) == ((), (), FIXED)


def test_what_is_reported_stands_on_the_disk(
    write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("app.py", BLOCKING)
    other = write("other.py", BLOCKING)
    real = fixing.write

    def change_before(source: Source, text: str) -> None:
        if source.path == path:
            path.write_text(FIXED)
        real(source, text)

    monkeypatch.setattr(fixing, "write", change_before)
    result = streamlint("--fix")
    assert result.exit_code == 1
    assert "app.py: not written: has changed since it was read" in result.stderr
    assert "No findings" not in result.stdout
    assert "1 file not written (2 files checked)" in result.stdout
    assert "Fixed 1 finding in 1 file" in result.stdout
    assert other.read_text() == FIXED


def test_what_the_run_has_read_is_what_it_judges(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("app.py", BLOCKING)
    real = intake.read

    def read_before_the_change(*arguments: Any) -> intake.Texts:
        texts = real(*arguments)
        path.write_text(FIXED)
        return texts

    monkeypatch.setattr(intake, "read", read_before_the_change)
    result = streamlint(".")
    assert result.exit_code == 1
    assert "STL203" in result.stdout
    assert "STL001" not in result.stdout


def test_many_processes_at_a_time(write: Write, project: Path) -> None:
    path = write("app.py", BLOCKING)
    command = [sys.executable, "-m", "streamlint", "--fix", "."]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    runs = [
        subprocess.Popen(
            command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in runs:
        said, told = process.communicate(timeout=120)
        lost = "not written: " in told
        assert process.returncode == (1 if lost else 0), (said, told)
        assert not (lost and "No findings" in said)
    assert path.read_text() == FIXED
    assert names(project) == ["app.py", "pyproject.toml"]


# A killed run

KILLED = """
import os, signal, sys
from streamlint import cli, writing
calls = []
real = getattr(os, {function!r})
def die(*arguments):
    calls.append(arguments)
    if len(calls) == {number}:
        {before}
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
setattr(os, {function!r}, die)
sys.argv = ["streamlint", "--fix", "."]
cli.main()
"""


def kill(folder: Path, function: str, number: int = 1, before: str = "pass") -> None:
    program = KILLED.format(function=function, number=number, before=before)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(not POSIX, reason="signals of POSIX")
@pytest.mark.parametrize(("function", "number"), [("write", 1), ("fsync", 1), ("chmod", 1), ("replace", 1)])
def test_what_a_killed_run_leaves_is_removed(
    write: Write, project: Path, streamlint: Streamlint, function: str, number: int
) -> None:
    path = write("pages/app.py", BLOCKING)
    kill(project, function, number)
    assert path.read_text() == BLOCKING
    assert len(names(path.parent)) == 2
    assert streamlint(".").exit_code == 1
    assert len(names(path.parent)) == 2, "a run that only reports changes nothing"
    assert streamlint("--fix").exit_code == 0
    assert (names(path.parent), path.read_text()) == (["app.py"], FIXED)


@pytest.mark.skipif(not POSIX, reason="signals of POSIX")
def test_a_clean_folder_is_tidied_too(write: Write, project: Path, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    kill(project, "replace")
    path.write_text(FIXED)
    assert streamlint("--fix", "app.py").exit_code == 0
    assert names(project) == ["app.py", "pyproject.toml"]


@pytest.mark.skipif(not POSIX, reason="signals of POSIX")
@pytest.mark.parametrize("length", [0, 1, 60, 140, 10_000])
def test_a_run_killed_while_it_wrote_in_place_is_completed(
    write: Write, project: Path, streamlint: Streamlint, length: int
) -> None:
    path = write("app.py", BLOCKING)
    os.link(path, path.with_suffix(".bak"))
    kill(project, "write", 3, f"real(arguments[0], bytes(arguments[1])[:{length}])")
    assert streamlint("--fix").exit_code == 0
    assert path.read_text() == path.with_suffix(".bak").read_text() == FIXED
    assert names(project) == ["app.bak", "app.py", "pyproject.toml"]


def test_a_shorter_text_in_place_is_completed_too(path: Path) -> None:
    os.link(path, path.with_name("other.py"))
    before, after = b"a = 'long'\n", b"b = 1\n"
    writing._beside(path, "new").write_bytes(after)
    writing._beside(path, "old").write_bytes(before)
    path.write_bytes(after + before[len(after) :])
    assert writing.recover(writing._beside(path, "new"))
    assert (path.read_bytes(), names(path.parent)) == (after, ["app.py", "other.py"])


@pytest.mark.skipif(not POSIX, reason="signals of POSIX")
def test_what_was_edited_after_the_kill_stays(write: Write, project: Path, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    os.link(path, path.with_suffix(".bak"))
    kill(project, "write", 3, "real(arguments[0], bytes(arguments[1])[:60])")
    path.write_text("x = 1\n")
    assert streamlint("--fix").exit_code == 0
    assert (path.read_text(), names(project)) == ("x = 1\n", ["app.bak", "app.py", "pyproject.toml"])


def test_what_is_not_ours_stays(write: Write, project: Path, streamlint: Streamlint) -> None:
    mine = writing.leftovers_of
    strange = [
        ".app.py.swp",
        ".app.py.abcd1234",
        ".streamlint-notes.new",
        ".streamlint-" + "0" * 31 + ".new",
        "app.py~",
    ]
    for name in strange:
        write(name, "kept")
    path = write("app.py", BLOCKING)
    (project / "else").write_text("kept")
    link = path.with_name(".streamlint-" + "0" * 32 + ".new")
    link.symlink_to("else")
    assert streamlint("--fix").exit_code == 0
    assert all((project / name).read_text() == "kept" for name in (*strange, link.name, "else"))
    assert mine(path) == []


@pytest.mark.skipif(not POSIX, reason="locks of POSIX")
def test_what_a_living_run_holds_stays(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    with writing._made(writing._beside(path, "new")):
        result = streamlint("--fix")
        assert "app.py: not written: is being written by another run of streamlint" in result.stderr
        assert (result.exit_code, path.read_text(), len(writing.leftovers_of(path))) == (1, BLOCKING, 1)
    assert writing.leftovers_of(path) == []
    assert run_program("--fix", cwd=path.parent).returncode == 0
