"""Bad input never stops a run: it is a finding or skipped with a word, and the other files are linted."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import BLOCKING, CLEAN, Streamlint, Write

if TYPE_CHECKING:
    from click.testing import Result


def lines(result: Result) -> list[str]:
    """The findings as `file:line:column: severity[code]`."""
    return [match.group() for match in re.finditer(r"^\S+:\d+:\d+: \w+\[STL\d+\]", result.stdout, re.MULTILINE)]


OTHER = "other.py:10:5: error[STL203]"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"def f(:\n", "1:7"),
        (BLOCKING.encode() + b"\nasync def f(:\n", "13:"),
        (b"x = 1\ny = 2\n  z = 3\n", "3:"),
        (b"x = '\xff'\n", "1:1"),
        (b"# coding: klingon\n", "1:1"),
        (b"async def f(): pass\n\0\n", "1:1"),
        (b"\0", "1:1"),
        (b"x = '''never closed\n", "1:"),
        (b"\xff\xfeu\0t\0f\0", "1:1"),
        (b"print 'two'\n", "1:1"),
        (b"async def f():\n\tif x:\n        pass\n", "3:"),
    ],
)
def test_unreadable_files_are_findings(write: Write, streamlint: Streamlint, content: bytes, place: str) -> None:
    write("bad.py", content)
    write("other.py", BLOCKING)
    result = streamlint("--output-format", "concise")
    assert result.exit_code == 1
    bad, other = lines(result)
    assert bad.startswith(f"bad.py:{place}")
    assert bad.endswith("error[STL001]")
    assert other == OTHER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"# only a comment",
        b"\xef\xbb\xbf" + CLEAN.encode(),
        b"x = 1\r\ry = 2\r\n",
        b"\x0c\n",
    ],
)
def test_odd_but_right_files_are_silent(write: Write, streamlint: Streamlint, content: bytes) -> None:
    write("odd.py", content)
    assert streamlint().exit_code == 0


def test_latin_1_with_a_cookie_is_right(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", b"# coding: latin-1\n# caf\xe9\n" + BLOCKING.encode())
    assert lines(streamlint("--output-format", "concise")) == ["app.py:12:5: error[STL203]"]
    streamlint("--fix")
    assert path.read_bytes().startswith(b"# coding: latin-1\n# caf\xe9\n")


def test_fix_keeps_mark_mode_and_line_ends(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", b"\xef\xbb\xbf" + BLOCKING.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    assert streamlint("--fix").exit_code == 0
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o750


def test_large_file_is_skipped_with_a_word(write: Write, streamlint: Streamlint) -> None:
    write("generated.py", "async def f(): pass\n" * 260_000)
    write("other.py", BLOCKING)
    result = streamlint("--output-format", "concise")
    assert lines(result) == [OTHER]
    assert "generated.py: skipped: is larger than 2 MB" in result.stderr


def test_deep_nesting(write: Write, streamlint: Streamlint) -> None:
    write("deep.py", "async def f():\n    return " + "(" * 5000 + ")" * 5000 + "\n")
    write("other.py", BLOCKING)
    result = streamlint("--output-format", "concise")
    assert result.exit_code == 1
    assert lines(result)[-1] == OTHER
    assert lines(result)[0].endswith("error[STL001]")


def test_link_to_nothing_is_skipped_with_a_word(write: Write, project: Path, streamlint: Streamlint) -> None:
    os.symlink("nowhere.py", project / "gone.py")
    os.symlink("round.py", project / "round.py")
    write("other.py", BLOCKING)
    result = streamlint("--output-format", "concise")
    assert lines(result) == [OTHER]
    assert "gone.py: skipped: is a link to nothing" in result.stderr
    assert "round.py: skipped:" in result.stderr


def test_file_that_vanishes(write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = write("gone.py", BLOCKING)
    write("other.py", BLOCKING)
    real = Path.open

    def vanish(path: Path, *arguments: object, **options: object) -> object:
        if path == gone:
            gone.unlink(missing_ok=True)
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", vanish)
    assert lines(streamlint("--output-format", "concise")) == ["gone.py:1:1: error[STL001]", OTHER]


def test_folder_without_permission(write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = str(write("locked/app.py", BLOCKING).parent)
    write("other.py", BLOCKING)
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path) == locked:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = streamlint("--output-format", "concise")
    assert lines(result) == [OTHER]
    assert "locked: skipped: Permission denied" in result.stderr


def test_a_folder_that_is_called_like_a_file(write: Write, project: Path, streamlint: Streamlint) -> None:
    (project / "package.py").mkdir()
    write("package.py/app.py", BLOCKING)
    assert lines(streamlint("--output-format", "concise")) == ["package.py/app.py:10:5: error[STL203]"]


def test_unreadable_file_can_be_ignored_by_configuration(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", '[per-file-ignores]\n"templates/**" = ["unreadable-file"]\n')
    write("templates/app.py", "def {{ name }}():\n")
    assert streamlint().exit_code == 0


def test_a_file_that_cannot_be_written_is_told(
    write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("app.py", BLOCKING)

    def refuse(*_names: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    result = streamlint("--fix")
    assert result.exit_code == 1
    assert "app.py: not written: Permission denied" in result.stderr
    assert "Found 1 error" in result.stdout
    assert "Fixed" not in result.stdout
    assert path.read_text() == BLOCKING
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".py"] == ["app.py"]
