"""Whether a real tree gets the same report, byte for byte, each time: `python -m tools.same_answers FOLDER_OR_PACKAGE...`

Every run has another hash seed, and a file system that lists its entries in another order. A package is named as it is imported.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SHUFFLED = """\
import os, random, sys
listed, scanned, mixed = os.listdir, os.scandir, random.Random(int(sys.argv.pop(1)))

class Entries(list):
    def __enter__(self): return iter(self)
    def __exit__(self, *raised): return None
    def close(self): return None

def listdir(path="."):
    names = listed(path)
    mixed.shuffle(names)
    return names

def scandir(path="."):
    with scanned(path) as entries:
        found = Entries(entries)
    mixed.shuffle(found)
    return found

os.listdir, os.scandir = listdir, scandir
from streamlint.cli import main
sys.exit(main())
"""
_REPORT = ("--output-format", "full", "--select", "ALL")


def report(folder: Path, seed: int, options: Sequence[str] = _REPORT) -> str:
    """What streamlint prints of a folder, under a hash seed, in a shuffled file system; raises where it fails."""
    command = [sys.executable, "-c", _SHUFFLED, str(seed), str(folder), *options]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"streamlint ended with {done.returncode}: {done.stderr}")
    return done.stdout


def differences(folder: Path, seeds: Sequence[int], options: Sequence[str] = _REPORT) -> Iterator[tuple[int, str]]:
    """The seeds whose report is not that of the first one, each with the difference."""
    first, *others = seeds
    expected = report(folder, first, options)
    for seed in others:
        found = report(folder, seed, options)
        if found != expected:
            lines = difflib.unified_diff(
                expected.splitlines(), found.splitlines(), f"seed {first}", f"seed {seed}", n=0
            )
            yield seed, "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", help="folders, or installed packages by the name that imports them")
    parser.add_argument("--seeds", type=int, default=8, help="how many runs; 8 where not given")
    options = parser.parse_args()
    unequal = False
    for tree in options.trees:
        found = list(differences(folder_of(tree), range(options.seeds)))
        print(f"{tree}: {f'{len(found)} of {options.seeds} reports differ' if found else 'the same'}", flush=True)
        for _, text in found:
            print(text)
        unequal |= bool(found)
    return int(unequal)


def folder_of(tree: str) -> Path:
    if Path(tree).is_dir():
        return Path(tree).resolve()
    spec = importlib.util.find_spec(tree)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{tree} is neither a folder nor an installed package")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


if __name__ == "__main__":
    sys.exit(main())
