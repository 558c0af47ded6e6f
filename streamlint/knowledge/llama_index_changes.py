"""What later releases of LlamaIndex removed, ignore or refuse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property

from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import load
from streamlint.knowledge.llama_index_facts import release as numbers
from streamlint.knowledge.llama_index_moves import CORE, OLD
from streamlint.knowledge.table import Row, read


@immutable
class Change:
    """What happens from a release on, and what does the same now."""

    name: str
    since: str
    effect: str
    use: str
    is_usable: bool = False
    """The import still works, and only the call fails."""

    def holds(self, release: str | None) -> bool:
        """Whether it is so in a release; None: in the newest."""
        return release is None or numbers(release) >= numbers(self.since)


class Changes:
    """Asked by dotted names, in the way of core or of 0.9."""

    @cached_property
    def _removed(self) -> dict[str, Change]:
        rows = read("llama_index_drift").rows("removed")
        return {name: _change(row, name) for row in rows for name in row.texts("names")}

    def removed(self, dotted: str) -> Change | None:
        """What became of a name; of a method of a class, what became of the class."""
        path = _today(dotted)
        while path not in ("", OLD, CORE):
            if path in self._removed:
                return self._removed[path]
            path = path.rpartition(".")[0] if path.rpartition(".")[0].rpartition(".")[2][:1].isupper() else ""
        return None

    def gone(self, module: str, name: str) -> Change | None:
        """What became of a name of core by the tables of paths: from the first release that was looked at without it."""
        releases = load().releases[1:]
        unseen = read("llama_index_paths").texts("unseen")
        if not module.startswith(CORE) or module in unseen or self._is_kept(module, name):
            return None
        held = [one for one in releases if load().is_public(f"{module}.{name}", one)]
        if not held or held[-1] == releases[-1]:
            return None
        since = releases[releases.index(held[-1]) + 1]
        core = (one for one in load().modules_with(name, releases[-1]) if one.startswith(CORE))
        places = sorted(core, key=lambda one: (one.count("."), one))
        use = f"import it from `{places[0]}`, if that is what is meant" if places else ""
        return Change(f"{module}.{name}", since, "cannot be imported", use)

    @staticmethod
    def _is_kept(module: str, name: str) -> bool:
        """Whether a module still gives a name that is defined elsewhere now."""
        rows = read("llama_index_drift").rows("kept")
        return any(
            f"{module}.".startswith(f"{row.text('module')}.")
            if row.flag("all")
            else module == row.text("module") and name in row.texts("names")
            for row in rows
        )

    def argument(self, method: str, keyword: str) -> Change | None:
        """What became of a keyword of calls with this last word."""
        for row in read("llama_index_drift").rows("argument"):
            if keyword == row.text("names") and method in row.texts("of"):
                return _change(row, keyword)
        return None

    def value(self, method: str, keyword: str, value: str) -> Change | None:
        """What became of a value of a keyword: a dotted name, or a text."""
        for row in read("llama_index_drift").rows("value"):
            if keyword == row.text("keyword") and method in row.texts("of"):
                names = row.texts("names")
                last = _today(value).split(".")[-2:]
                if value in names or any(name.split(".")[-2:] == last for name in names if "." in name):
                    return _change(row, value)
        return None

    @cached_property
    def keywords(self) -> frozenset[str]:
        """Every keyword that a row is about."""
        rows = (*read("llama_index_drift").rows("argument"), *read("llama_index_drift").rows("value"))
        return frozenset(_keywords(rows))


def _keywords(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        yield row.text("keyword") or row.text("names")


def _change(row: Row, name: str) -> Change:
    return Change(name, row.text("from"), row.text("effect"), row.text("use"), row.flag("usable"))


def _today(dotted: str) -> str:
    """A name in the way of 0.9 as core has it."""
    if dotted.startswith(f"{OLD}.") and not dotted.startswith(f"{CORE}."):
        return CORE + dotted.removeprefix(OLD)
    return dotted


@cache
def changes() -> Changes:
    return Changes()
