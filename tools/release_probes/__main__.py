"""`python -m tools.release_probes [PROBE...]`: asks the releases, prints what each said and the stretches of equal answers."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tools.release_probes.bisecting import stretches
from tools.release_probes.environments import CORE, Environments, releases

TABLE = Path(__file__).parents[2] / "streamlint" / "knowledge" / "broken_releases.toml"
STEP = 8


@dataclass(frozen=True)
class Search:
    """What is asked of which releases."""

    probe: str
    package: str
    among: SpecifierSet
    step: int

    @property
    def releases(self) -> tuple[Version, ...]:
        return tuple(each for each in releases(self.package) if self.among.contains(each))

    def stretches(self, environments: Environments) -> Iterator[tuple[Version, Version, str]]:
        """The first and the last release of each stretch of equal answers."""
        among = self.releases

        def ask(place: int) -> str:
            answer = environments.answer(self.probe, self.package, among[place])
            print(f"  {self.package} {among[place]}: {answer.word or 'none'} {answer.why}".rstrip(), flush=True)
            return answer.word or "none"

        for stretch in stretches(len(among), self.step, ask):
            yield among[stretch.first], among[stretch.last], stretch.answer


def searches() -> dict[str, Search]:
    """What the rows of the table ask for, by probe."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["release"]
    return {
        row["probe"]: Search(row["probe"], row["package"], SpecifierSet(row["among"]), row.get("step", STEP))
        for row in rows
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.release_probes", description=__doc__)
    parser.add_argument("probes", nargs="*", help="probes (default: those of the table)")
    parser.add_argument("--package", default=CORE, help="the package of a probe that is not in the table yet")
    parser.add_argument("--among", type=SpecifierSet, help="the releases to look at, instead of those of the row")
    parser.add_argument("--step", type=int, help="the distance of the releases that are asked first")
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "streamlint-release-probes")
    options = parser.parse_args()
    known = searches()
    for probe in options.probes or known:
        search = known.get(probe) or Search(probe, options.package, SpecifierSet(), STEP)
        search = replace(search, among=options.among or search.among, step=options.step or search.step)
        for first, last, answer in search.stretches(Environments(options.environments)):
            print(f"{probe}: {search.package} {first} to {last}: {answer}", flush=True)


if __name__ == "__main__":
    main()
