"""Install what the tests need into an environment of their own, and run every check: `python tools/check.py`."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

STATIC: dict[str, Sequence[str]] = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy",),
    "import-linter": ("lint-imports",),
}
# Witnesses measure time, so nothing runs beside them.
TESTS: dict[str, Sequence[str]] = {
    "tests": ("pytest", "-n", "auto", "--ignore=tests/witness"),
    "witnesses": ("pytest", "tests/witness"),
}
# These need no library but those of streamlint itself.
OF_THE_CORE = ("cli", "dependency_files", "fixtures", "form_feeds", "outputs", "writing")
OLDEST: Sequence[str] = ("pytest", *(f"tests/test_{name}.py" for name in OF_THE_CORE))


def main() -> int:
    options = _options()
    os.chdir(ROOT)
    if options.oldest:
        programs = _environment(_interpreter(PYTHONS[0]), "-oldest", (str(ROOT), *_oldest(), "hypothesis", "pytest"))
        title = "oldest dependencies"
        return _told({title: _run(title, [str(programs / OLDEST[0]), *OLDEST[1:], *options.pytest])})
    outcomes: dict[str, bool] = {}
    for version in PYTHONS if options.all_pythons else ("",):
        programs = _environment(_interpreter(version))
        checks = TESTS if outcomes else {**STATIC, **TESTS}
        for name, command in checks.items():
            title = f"{name} ({version})" if version else name
            outcomes[title] = _run(title, [str(programs / command[0]), *command[1:], *_more(command, options.pytest)])
    return _told(outcomes)


def _told(outcomes: dict[str, bool]) -> int:
    print()
    for title, passed in outcomes.items():
        print(f"{'ok    ' if passed else 'FAILED'} {title}")
    return 0 if all(outcomes.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all-pythons", action="store_true", help=f"run the tests on Python {', '.join(PYTHONS)}")
    parser.add_argument(
        "--oldest",
        action="store_true",
        help=f"run tests of the core on Python {PYTHONS[0]} with the oldest dependencies",
    )
    parser.add_argument("pytest", nargs="*", help="further arguments for pytest, behind --")
    return parser.parse_args()


def _more(command: Sequence[str], pytest: Sequence[str]) -> Sequence[str]:
    return pytest if command[0] == "pytest" else ()


def _run(title: str, command: Sequence[str]) -> bool:
    print(f"\n== {title}", flush=True)
    return subprocess.run(command, check=False).returncode == 0


def _oldest() -> list[str]:
    """The oldest releases that streamlint's dependencies may have."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return [re.sub(r">=([^,;]+).*", r"==\1", each) for each in needed]


def _environment(interpreter: str, kind: str = "", needed: Sequence[str] = (f"{ROOT}[dev]",)) -> Path:
    """The folder of programs of an environment that has streamlint, in place, and all that its tests need."""
    version = _output([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    folder = ROOT / f".venv-check-{version}{kind}"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return programs
    print(f"== installing into {folder.name}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--editable", *needed]
    subprocess.run(install, check=True)
    stamp.write_text(wanted)
    return programs


def _interpreter(version: str) -> str:
    if not version:
        return sys.executable
    for candidate in _candidates(version):
        found = _output([*candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"])
        if found.startswith(f"{version} "):
            return found.partition(" ")[2]
    sys.exit(f"Python {version} is neither on PATH as python{version} nor installed by pyenv")


def _candidates(version: str) -> Iterator[list[str]]:
    yield [sys.executable]
    yield [f"python{version}"]
    yield ["py", f"-{version}"]
    for name in _output(["pyenv", "versions", "--bare"]).split():
        if name.startswith(f"{version}."):
            yield [str(Path(_output(["pyenv", "prefix", name]), "bin", "python"))]


def _output(command: Sequence[str]) -> str:
    """What a command prints; nothing if it fails or is not there."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
