"""Where programs and trees come from: an environment for each set of packages, a folder for each wheel, made once and kept."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.measuring import Failed

ROOT = Path(__file__).resolve().parent.parent


@cache
def environment(work: Path, needs: tuple[str, ...]) -> Path:
    """The folder of programs of an environment with these packages; streamlint itself is installed anew. Raises `Failed`."""
    packages = [str(ROOT) if each == "{streamlint}" else each for each in needs]
    home = work / f"environment-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"
    programs = home / ("Scripts" if sys.platform == "win32" else "bin")
    if not (home / "made").exists() or str(ROOT) in packages:
        venv.create(home, with_pip=True)
        if packages:
            _run([str(programs / "python"), "-m", "pip", "install", "-q", "--upgrade", *packages])
        (home / "made").touch()
    return programs


def tree(work: Path, name: str, wheels: Sequence[str]) -> Path:
    """The folder with the files of some wheels. Raises `Failed`."""
    home = work / "trees" / re.sub(r"\W+", "-", name)
    if not (home / "made").exists():
        home.mkdir(parents=True, exist_ok=True)
        download = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(home),
        ]
        _run([*download, *wheels])
        for file in home.glob("*.whl"):
            with zipfile.ZipFile(file) as archive:
                archive.extractall(home / "files")
        (home / "made").touch()
    return home / "files"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["it failed without a word"])[-1])
