"""`python -m tools.release_probes [PROBE...]`: asks the releases, prints what each said and the stretches of equal answers."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tools.release_probes.bisecting import nearest, stretches
from tools.release_probes.environments import CORE, Environments, releases

TABLE = Path(__file__).parents[2] / "streamlint" / "knowledge" / "broken_releases.toml"
STEP = 8


def rows() -> dict[str, str]:
    """Each probe of the table with its package."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return {row["probe"]: row["package"] for row in table["release"]}


def search(probe: str, package: str, among: tuple[Version, ...], step: int, environments: Environments) -> None:
    """Print the stretches of one probe."""

    def ask(place: int) -> str:
        answer = environments.answer(probe, package, among[place])
        print(f"  {package} {among[place]}: {answer.word or 'none'} {answer.why}".rstrip(), flush=True)
        return answer.word or "none"

    for stretch in stretches(len(among), step, ask):
        first, last = nearest(among, stretch)
        print(f"{probe}: {package} {first} to {last}: {stretch.answer}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.release_probes", description=__doc__)
    parser.add_argument("probes", nargs="*", help="probes of the table (default: all)")
    parser.add_argument("--package", help="the package of a probe that is not in the table yet")
    parser.add_argument("--among", type=SpecifierSet, default=SpecifierSet(">=0.10"), help="the releases to look at")
    parser.add_argument("--step", type=int, default=STEP, help="the distance of the releases that are asked first")
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "streamlint-release-probes")
    options = parser.parse_args()
    known = rows() if TABLE.exists() else {}
    for probe in options.probes or known:
        package = options.package or known.get(probe, CORE)
        lowest = options.among if package == CORE else SpecifierSet()
        among = tuple(release for release in releases(package) if lowest.contains(release))
        search(probe, package, among, options.step, Environments(options.environments))


if __name__ == "__main__":
    main()
