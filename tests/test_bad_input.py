"""Bad input never stops a run: it is a finding or skipped with a word, and the other files are linted."""

from __future__ import annotations

import encodings
import encodings.aliases
import os
import pkgutil
import re
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from streamlint import disk, fixing
from streamlint.source import Source, UnreadableFile
from streamlint.writing import UnwritableFile
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write, run_program

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

    def vanish(path: os.PathLike[str] | str, mode: str) -> IO[bytes]:
        if os.fspath(path) == str(gone):
            gone.unlink(missing_ok=True)
        return open(path, "rb")

    monkeypatch.setattr(disk, "open", vanish, raising=False)
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


# Encodings

CODECS = sorted(
    {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}
    | {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    | {"klingon", "UTF-8", "utf-8-sig", "latin-1", "euc-jp"}
)


@pytest.mark.parametrize("ending", ["x = 1\n", "x = '\\q'\n"])
def test_every_codec_reads_what_python_reads(ending: str) -> None:
    for codec in CODECS:
        content = f"# -*- coding: {codec} -*-\n{ending}".encode()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(content, "app.py", "exec")
        except (SyntaxError, LookupError, UnicodeError, ValueError):
            with pytest.raises(UnreadableFile, match="cannot be decoded"):
                Source.decode(Path("app.py"), content)
        else:
            assert Source.decode(Path("app.py"), content).text.endswith(("1\n", "'\n"))


def test_every_codec_writes_or_says_why_not(tmp_path: Path) -> None:
    refused = []
    for codec in CODECS:
        path = tmp_path / f"{codec}.py"
        content = f"# -*- coding: {codec} -*-\nx = 1\n".encode()
        path.write_bytes(content)
        try:
            source = Source.read(path)
        except UnreadableFile:
            continue
        for text in (source.text + "y = 2\n", source.text + "y = '\N{EURO SIGN}\udc80'\n" + "z" * 80):
            try:
                fixing.write(source, text)
            except UnwritableFile:
                refused.append(codec)
                assert path.read_bytes() == content
            else:
                assert Source.read(path).text == text
                path.write_bytes(content)
    assert {"unicode_escape", "mac_arabic"} <= {codec for codec in refused if refused.count(codec) == 2}
    assert "utf_8" in refused, "a lone surrogate"


@pytest.mark.parametrize(
    "codec", ["undefined", "idna", "punycode", "utf-16", "rot13", "hex", "zlib", "unicode_escape", "utf-7"]
)
def test_a_strange_codec_stops_no_run(write: Write, streamlint: Streamlint, codec: str) -> None:
    content = f"# -*- coding: {codec} -*-\n{BLOCKING}".encode()
    path = write("bad.py", content)
    other = write("other.py", BLOCKING)
    result = streamlint("--fix", "--output-format", "concise")
    assert result.exit_code in (0, 1)
    assert "await asyncio" in other.read_text()
    unreadable = "bad.py:1:1: error[STL001]" in result.stdout
    assert unreadable or "bad.py: not written: " in result.stderr or "await asyncio" in path.read_text()
    if unreadable or "not written" in result.stderr:
        assert path.read_bytes() == content
    assert streamlint("--fix", "--stdin-filename", "bad.py", "-", text=content).exit_code in (0, 1, 2)


def test_a_text_that_cannot_be_written_is_not_fixed(write: Write, streamlint: Streamlint) -> None:
    write("app.py", f"# coding: unicode_escape\nX = '\\\\n'\n{BLOCKING}")
    result = streamlint("--fix")
    assert result.exit_code == 1
    assert (
        "app.py: not written: its encoding, unicode_escape, would write the rest of the file differently"
        in result.stderr
    )
    assert "error[STL203]" in result.stdout
    assert "fixable with --fix" not in result.stdout
    assert (streamlint("--diff").exit_code, streamlint("--diff").stdout) == (0, "")


# What is no file


@pytest.fixture
def pipe(project: Path) -> Iterator[Path]:
    if not hasattr(os, "mkfifo"):
        pytest.fail("these tests need pipes")
    path = project / "pipe"
    os.mkfifo(path)
    yield path
    path.unlink()


PROJECT_FILES = (
    *(".gitignore", ".git/info/exclude", "uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock", "requirements.txt"),
    *(
        "requirements/base.txt",
        "requirements-dev.txt",
        "Procfile",
        "deploy/run.sh",
        "helper.py",
        "sub/__init__.py",
        "setup.cfg",
    ),
)


@pytest.mark.parametrize("is_link", [True, False])
def test_pipes_as_files_of_the_project(write: Write, project: Path, pipe: Path, is_link: bool) -> None:
    write("app.py", f"import helper\nfrom llama_index.core import VectorStoreIndex\nimport django, sub\n{BLOCKING}")
    for name in PROJECT_FILES:
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_link:
            target.symlink_to(pipe)
        else:
            os.mkfifo(target)
    done = run_program("--output-format", "concise", cwd=project)
    assert (done.returncode, done.stderr.count("Traceback")) == (1, 0)
    assert "app.py:13:5: error[STL203]" in done.stdout


@pytest.mark.parametrize("arguments", [("pipe.py",), (".",), ("pipe",), ("pipe", "other.py")])
def test_a_pipe_as_input(write: Write, project: Path, pipe: Path, arguments: tuple[str, ...]) -> None:
    os.mkfifo(project / "pipe.py")
    write("other.py", BLOCKING)
    done = run_program("--output-format", "concise", *arguments, cwd=project)
    said = done.stdout + done.stderr
    if "pipe.py" in arguments:
        assert (done.returncode, "pipe.py:1:1: error[STL001] unreadable-file: is not a regular file" in said) == (
            1,
            True,
        )
    elif "pipe" in arguments:
        assert (done.returncode, "pipe: skipped: is not a regular file" in said) == (1, True)
    else:
        assert "pipe.py: skipped: is not a regular file" in said
        assert OTHER in said


def test_a_socket_and_a_device_as_input(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("other.py", BLOCKING)
    (project / "null.py").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")  # a relative name, as a socket's must be short
        result = streamlint("--output-format", "concise")
        assert lines(result) == [OTHER]
        assert "socket.py: skipped: is not a regular file" in result.stderr
        assert "null.py: skipped: is not a regular file" in result.stderr
        result = streamlint("--output-format", "concise", "socket.py", "null.py")
        assert lines(result) == ["null.py:1:1: error[STL001]", "socket.py:1:1: error[STL001]"]


@pytest.mark.parametrize("name", ["pyproject.toml", "streamlint.toml"])
def test_a_pipe_as_configuration(write: Write, project: Path, pipe: Path, name: str) -> None:
    write("other.py", BLOCKING)
    (project / name).unlink(missing_ok=True)
    (project / name).symlink_to(pipe)
    done = run_program(cwd=project)
    assert (done.returncode, f"{name}: is no file that can be read" in done.stderr) == (2, True)
    done = run_program("--config", name, cwd=project)
    assert (done.returncode, f"{name}: cannot be read: is not a regular file" in done.stderr) == (2, True)


# Files that could not be judged


def test_a_broken_file_is_found_in_a_large_tree(write: Write, streamlint: Streamlint) -> None:
    for number in range(130):
        write(f"a{number:03}.py", "x = 1\n" * 1400)
    write("z.py", "# c\n" * 500 + "def broken(:\n")
    alone, together = streamlint("--output-format", "concise", "z.py"), streamlint("--output-format", "concise")
    assert alone.stdout.splitlines()[0] == together.stdout.splitlines()[0]
    assert "z.py:501:12: error[STL001] unreadable-file: is not valid Python" in together.stdout
    assert "(130 files checked)" in together.stdout


def test_files_that_cannot_be_judged_are_not_checked(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", '[per-file-ignores]\n"ignored.py" = ["STL001"]\n')
    write("broken.py", "def f(:\n")
    write("ignored.py", "async def f(:\n")
    write("bytes.py", b"\xff\n")
    write("web.py", BLOCKING + "def f(:\n")
    write("large.py", "async def f(): pass\n" * 260_000)
    write("good.py", CLEAN)
    result = streamlint("--output-format", "concise")
    assert "Found 3 errors in 3 files (1 file checked)" in result.stdout


# Programs that are longer or deeper than people write them

LONG = {
    "sum": " + ".join(["1"] * 5_000),
    "sum over lines": "(" + "\n    + ".join(["1"] * 5_000) + ")",
    "sum over continued lines": " \\\n    + ".join(["1"] * 5_000),
    "attributes": "a" + ".b" * 5_000,
    "calls": "a" + ".b()" * 5_000,
    "calls over lines": "(a" + "\n    # why\n    .b(')', 1)" * 3_000 + "\n)",
    "subscripts": "a" + "[0]" * 5_000,
    "strings": " ".join(['""'] * 5_000),
    "formatted strings": " ".join(["f'{a}'"] * 5_000),
    "strings over lines": "(" + "\n    ".join(['"é"'] * 5_000) + ")",
    "and": " and ".join(["a"] * 5_000),
    "comparisons": " < ".join(["a"] * 5_000),
    "list": "[" + "1, " * 5_000 + "]",
    "awaited in a sum": "a" + " + 1" * 1_000 + " + (b := 2)",
}
DEEP = {
    "parentheses": "(" * 5_000 + ")" * 5_000,
    "lists": "[" * 5_000 + "]" * 5_000,
    "calls in calls": "f(" * 5_000 + ")" * 5_000,
    "minus": "-" * 5_000 + "1",
    "conditions": "1 if a else " * 5_000 + "2",
    "powers": " ** ".join(["a"] * 5_000),
    "lambdas": "lambda: " * 5_000 + "1",
}


def application(expression: str) -> str:
    return f"{BLOCKING}\n\n@app.get('/deep')\nasync def deep(a):\n    time.sleep(2)\n    x = {expression}\n    time.sleep(3)\n"


@pytest.mark.parametrize("expression", LONG.values(), ids=list(LONG))
def test_long_chains(write: Write, project: Path, expression: str) -> None:
    text = application(expression)
    path = write("app.py", text)
    last = text.count("\n")
    done = run_program("--fix", "--output-format", "concise", cwd=project)
    found = [f"app.py:{line}:5: error[STL203]" for line in (10, 16, last)]
    if "[fix" in done.stdout or "await asyncio" in path.read_text():
        assert done.returncode == 0
    else:
        assert [line.partition(" blocking")[0] for line in done.stdout.splitlines()[:3]] == found
        assert path.read_text() == text


@pytest.mark.parametrize("expression", DEEP.values(), ids=list(DEEP))
def test_deep_nests_are_a_finding_on_that_file(write: Write, project: Path, expression: str) -> None:
    write("app.py", application(expression))
    write("other.py", BLOCKING)
    done = run_program("--output-format", "concise", cwd=project)
    found = done.stdout.splitlines()
    assert (done.returncode, len(found), "Traceback" in done.stderr) == (1, 3, False)
    assert re.match(r"app\.py:\d+:\d+: error\[STL001\]", found[0])
    assert found[1].startswith(OTHER)


def test_a_long_chain_of_elif(write: Write, project: Path) -> None:
    arms = "".join(f"    elif a == {number}:\n        b = {number}\n" for number in range(3_000))
    start = "@app.get('/deep')\nasync def deep(a):\n    if a:\n        b = 1\n"
    text = f"{BLOCKING}\n\n{start}{arms}    else:\n        time.sleep(2)\n"
    write("app.py", text)
    done = run_program("--output-format", "concise", cwd=project)
    assert [line.partition(" ")[0] for line in done.stdout.splitlines()[:2]] == [
        "app.py:10:5:",
        f"app.py:{text.count(chr(10))}:9:",
    ]
