"""Patterns of `.gitignore`: git's own answers, and no pattern that takes its time."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from streamlint.patterns import Rules
from tests.conftest import CLEAN, Streamlint, Write

PIECES = (
    *(
        "a",
        "b",
        "ab",
        "*",
        "*",
        "**",
        "?",
        "/",
        "/",
        "[ab]",
        "[!a]",
        "[a-b]",
        "[]a]",
        "\\a",
        "\\*",
        ".",
        "-",
        "!",
        "#",
        " ",
    ),
    *("\\ ", "[[:alpha:]]", "[", "]", "[^b]", "\\", "[b-a]", "[a\\]]", "***", "[a-", "[[:x:]]", "**/", "/**", "a**/b"),
)
KNOWN = (
    *(
        "*",
        "/*",
        "/**",
        "**",
        "**/",
        "a/",
        "/a",
        "a/*",
        "a/**",
        "**/b",
        "a/**/b",
        "!",
        "!a",
        "/",
        "//",
        "#",
        "\\#a",
        "\\!a",
        "a ",
    ),
    *(
        "a\\ ",
        "[",
        "a[",
        "[a",
        "[]",
        "[!]",
        "a\\",
        "*.*",
        "?",
        "a/**b",
        "a**",
        "**a",
        "[[:digit:]a]",
        "[/]",
        "a[/]b",
        "\\/a",
    ),
)
FILES = (
    *(
        "a/b",
        "a/ab/a.b",
        "a/b.d/x",
        "b/a/b/a",
        "ab/a",
        "x.y/b/ab",
        "-d/a",
        "!a",
        "#a",
        "a a",
        "a ",
        "star*",
        "c",
        "b/x/y/z/b",
    ),
    *("[a", "]", "a.d/[", "axb", "a.d/b/c/b", "_/a]"),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.fail("these tests ask git")
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", root], check=True)
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def entries(root: Path) -> list[tuple[str, bool]]:
    found = [(str(path.relative_to(root)), path.is_dir()) for path in sorted(root.rglob("*"))]
    return [(name, is_folder) for name, is_folder in found if not name.startswith(".git")]


def ignored_by_git(root: Path, names: list[str]) -> set[str]:
    command = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"]
    done = subprocess.run(command, cwd=root, input="\0".join(names).encode(), capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return set(done.stdout.decode().split("\0")) - {""}


def is_ignored(rules: Rules, name: str, is_folder: bool) -> bool:
    """As the walk does: what stands in an ignored folder is not reached."""
    steps = name.split("/")
    for number in range(1, len(steps)):
        if rules.decide("/".join(steps[:number]), True):
            return True
    return bool(rules.decide(name, is_folder))


@pytest.mark.parametrize("seed", range(8))
def test_random_patterns_mean_what_git_says(repository: Path, seed: int) -> None:
    dice = random.Random(seed)
    known = entries(repository)
    for number in range(40):
        lines = ["".join(dice.choices(PIECES, k=dice.randint(1, 8))) for _ in range(1 if number % 2 else 3)]
        (repository / ".gitignore").write_text("\n".join(lines) + "\n")
        ours = {name for name, is_folder in known if is_ignored(Rules(lines), name, is_folder)}
        assert (lines, ours) == (lines, ignored_by_git(repository, [name for name, _ in known]))


@pytest.mark.parametrize("line", KNOWN)
def test_known_patterns_mean_what_git_says(repository: Path, line: str) -> None:
    known = entries(repository)
    (repository / ".gitignore").write_text(f"{line}\n")
    ours = {name for name, is_folder in known if is_ignored(Rules([line]), name, is_folder)}
    assert ours == ignored_by_git(repository, [name for name, _ in known])


SLOW = {
    "stars in a name": ("*a" * 200 + "b", "a" * 250),
    "stars in a path": ("x/" + "*a*" * 80 + "b", "x/" + "a" * 250),
    "folders": ("**/" * 200 + "b", "a/" * 200 + "c"),
    "folders with names": ("/" + "**/a/" * 100 + "b", "a/" * 240 + "c"),
    "folders with stars": ("**/a*/" * 60 + "z", "ab/" * 200 + "c"),
    "both": ("**/" + "*a" * 40 + "b/**/" + "*a" * 40 + "b", "/".join(["a" * 100] * 40)),
    "question marks": ("?*" * 120 + "b", "a" * 250),
    "brackets": ("[ab]*" * 120 + "c", "ab" * 120),
}


def seconds(line: str, path: str) -> float:
    """CPU seconds of a decision, without what else the process does: the least of three."""
    return min(measured(line, path) for _ in range(3))


def measured(line: str, path: str) -> float:
    start = time.process_time()
    assert Rules([line]).decide(path, False) is None
    return time.process_time() - start


@pytest.mark.parametrize(("line", "path"), SLOW.values(), ids=list(SLOW))
def test_many_stars_take_no_longer_than_many_letters(line: str, path: str) -> None:
    plain = seconds("a" * len(line) + "b", path)
    assert seconds(line, path) < max(plain, 0.0005) * 200


@pytest.mark.parametrize("line", ["*a" * 40 + "b", "**/" * 60 + "zz"])
def test_many_stars_in_every_place_for_patterns(write: Write, streamlint: Streamlint, line: str) -> None:
    write(".gitignore", f"{line}\n")
    write("streamlint.toml", f"exclude = ['{line}']\n[per-file-ignores]\n'{line}' = ['STL203']\n")
    write("b/" * 20 + "a" * 60 + ".py", CLEAN)
    result = streamlint()
    assert (result.exit_code, "1 file checked" in result.stdout) == (0, True)


def test_many_patterns_are_made_only_where_they_may_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compile_pattern = re.compile

    def counted(text: str, *flags: int) -> re.Pattern[str]:
        made.append(text)
        return compile_pattern(text, *flags)

    monkeypatch.setattr(re, "compile", counted)
    rules = Rules([f"dir{number}/*.log" for number in range(5_000)] + [f"*[ab]{number}.pyc" for number in range(5_000)])
    assert rules.decide("dir7/b.log", False)
    assert rules.decide("dir7/xa42.pyc", False)
    assert rules.decide("dir7/b.py", False) is None
    assert 2 <= len(made) < 20
