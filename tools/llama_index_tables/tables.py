"""Snapshots of several releases put together: what holds in which range of releases, in as few rows as say it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.llama_index_tables.snapshot import ClassFacts, Snapshot

Row = dict[str, Any]  # one TOML table: strings and lists of strings

_CALLED_BY = ("a{}", "async_{}", "{}_async")


@dataclass(frozen=True)
class Entity:
    """A class by what stays the same when it moves: its bare name and its role, and `apart` where that names two."""

    name: str
    role: str
    apart: str = ""


class Releases:
    """The snapshots, oldest first, asked with the hand-kept `meaning`."""

    def __init__(self, snapshots: Sequence[Snapshot], meaning: Mapping[str, Any]) -> None:
        self.snapshots = snapshots
        self.names = [snapshot["release"] for snapshot in snapshots]
        self.meaning = meaning
        self.roots: dict[str, list[str]] = {role: row["roots"] for role, row in meaning["role"].items()}
        self._entities = [self._entities_of(snapshot) for snapshot in snapshots]

    def tables(self) -> dict[str, list[Row]]:
        """The rows of llama_index.toml by the name of their array."""
        return {
            "class": self._class_rows(),
            "alias": self._alias_rows(),
            "ambiguous": self._ambiguous_rows(),
            "method": self._method_rows(),
            "exception": self._exception_rows(),
            "fake": self._fake_rows(),
            "function": self._function_rows(),
        }

    def paths(self) -> list[Row]:
        """The rows of llama_index_paths.toml: what can be imported from each module, by range."""
        return self._exports([snapshot["paths"] for snapshot in self.snapshots])

    def _exports(self, releases: Sequence[Iterable[str]]) -> list[Row]:
        held: dict[tuple[str, str], set[int]] = defaultdict(set)
        for number, paths in enumerate(releases):
            for path in paths:
                module, _, name = path.rpartition(".")
                held[module, name].add(number)
        by_range: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for key, span, names in self._ranged(((module,), name, numbers) for (module, name), numbers in held.items()):
            by_range[span.get("since", ""), span.get("until", "")][key[0]] = " ".join(names)
        return [
            {key: value for key, value in (("since", since), ("until", until)) if value} | {"exports": exports}
            for (since, until), exports in sorted(by_range.items())
        ]

    def role_of(self, facts: ClassFacts) -> str:
        """The first role that has one of the class's ancestors among its roots; empty if none has."""
        ancestors = set(facts["ancestors"])
        return next((role for role, roots in self.roots.items() if ancestors & set(roots)), "")

    # classes

    def _entities_of(self, snapshot: Snapshot) -> dict[str, Entity]:
        """Defining path -> entity, for the classes that have a role and that people can name."""
        integrations = tuple(row["prefix"] + "." for row in self.meaning["integration"])
        found: dict[str, Entity] = {}
        for path, facts in sorted(snapshot["classes"].items()):
            name, role = bare(path), self.role_of(facts)
            if not role or name.startswith("_") or "<" in path:
                continue
            moved_out = path.startswith(integrations) and name not in _flat(self.roots.values())
            if moved_out and not self._in_later_core(name, role):
                continue
            found[path] = Entity(name, role)
        reach = Counter([*snapshot["paths"].values(), *snapshot["incidental"].values()])
        best: dict[Entity, str] = {}
        for path, entity in found.items():
            best[entity] = max(path, best.get(entity, path), key=lambda path: (reach[path], path))
        return {
            path: one if best[one] == path else Entity(one.name, one.role, _core(path)) for path, one in found.items()
        }

    def _in_later_core(self, name: str, role: str) -> bool:
        return any(
            path.endswith("." + name) and self.role_of(facts) == role
            for snapshot in self.snapshots
            for path, facts in snapshot["classes"].items()
            if path.startswith(("llama_index.core.", "workflows."))
        )

    def canonical(self) -> dict[Entity, str]:
        """The shortest path of the newest release that has the class, unless that path ever meant another class."""
        meant: dict[str, set[Entity]] = defaultdict(set)
        newest: dict[Entity, tuple[Snapshot, str]] = {}
        for snapshot, entities in zip(self.snapshots, self._entities, strict=True):
            for path, defined in snapshot["paths"].items():
                if defined in entities:
                    meant[path].add(entities[defined])
            newest.update({entity: (snapshot, path) for path, entity in entities.items()})
        chosen = {}
        for entity, (snapshot, defined) in newest.items():
            own = (path for path, where in snapshot["paths"].items() if where == defined and bare(path) == entity.name)
            paths = [path for path in own if len(meant[path]) == 1]
            chosen[entity] = min(paths or [defined], key=_preference)
        return chosen

    def _class_rows(self) -> list[Row]:
        canonical = self.canonical()
        held: dict[tuple[str, str, tuple[str, ...]], set[int]] = defaultdict(set)
        for number, entities in enumerate(self._entities):
            for path, entity in entities.items():
                bases = self.snapshots[number]["classes"][path]["bases"]
                known = tuple(entities[base].name for base in bases if base in entities)
                held[canonical[entity], entity.role, known].add(number)
        grouped = self._ranged(((role, bases), name, numbers) for (name, role, bases), numbers in held.items())
        order = list(self.roots)
        rows = [{"role": key[0], "bases": list(key[1]), **span, "names": names} for key, span, names in grouped]
        return sorted(rows, key=lambda row: order.index(row["role"]))

    def _alias_rows(self) -> list[Row]:
        """The other bare names of a class, such as GPTVectorStoreIndex."""
        canonical = self.canonical()
        held: dict[tuple[str, str], set[int]] = defaultdict(set)
        for number, (snapshot, entities) in enumerate(zip(self.snapshots, self._entities, strict=True)):
            for path, defined in snapshot["paths"].items():
                entity = entities.get(defined)
                if entity and bare(path) != entity.name:
                    held[canonical[entity], bare(path)].add(number)
        grouped = self._ranged(((name,), alias, numbers) for (name, alias), numbers in held.items())
        return [{"class": key[0], **span, "names": names} for key, span, names in grouped]

    def _ambiguous_rows(self) -> list[Row]:
        """Every import path of the classes whose bare name means several classes."""
        canonical = self.canonical()
        count = Counter(entity.name for entity in canonical)
        held: dict[tuple[str, str], set[int]] = defaultdict(set)
        for number, (snapshot, entities) in enumerate(zip(self.snapshots, self._entities, strict=True)):
            for path, defined in [*snapshot["paths"].items(), *snapshot["incidental"].items()]:
                entity = entities.get(defined)
                if entity and count[entity.name] > 1:
                    held[canonical[entity], path].add(number)
        grouped = self._ranged(((name,), path, numbers) for (name, path), numbers in held.items())
        return [{"class": key[0], **span, "paths": paths} for key, span, paths in grouped]

    # methods

    def _method_rows(self) -> list[Row]:
        held: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for number in range(len(self.snapshots)):
            for role in self.roots:
                for name, kind in self._methods_of(number, role).items():
                    held[role, kind, name].add(number)
        grouped = self._ranged(((role, kind), name, numbers) for (role, kind, name), numbers in held.items())
        rows = [{"role": key[0], "kind": key[1], **span, "names": names} for key, span, names in grouped]
        order = list(self.roots)
        return sorted(rows, key=lambda row: order.index(row["role"]))

    def _methods_of(self, number: int, role: str) -> dict[str, str]:
        """The methods of the role's roots, and those that the hand-kept table names and that no release's root has."""
        found = self._root_methods(number, role)
        in_a_root = {name for each in range(len(self.snapshots)) for name in self._root_methods(each, role)}
        classes = [facts for _path, facts in self._members(number, role)]
        for name in sorted(self._named(role) - in_a_root):
            kinds = Counter(facts["methods"][name] for facts in classes if name in facts["methods"])
            if kinds:
                found[name] = kinds.most_common(1)[0][0]
        return found

    def _root_methods(self, number: int, role: str) -> dict[str, str]:
        found: dict[str, str] = {}
        members = [(bare(path), facts) for path, facts in self._members(number, role)]
        for root in self.roots[role]:
            for name, facts in members:
                if name == root:
                    found = facts["methods"] | found
        return found

    def _named(self, role: str) -> set[str]:
        row = self.meaning["role"][role]
        named = {*row.get("blocks", ()), *row.get("heavy", ()), *row.get("returns", ())}
        for own in self.meaning["class"]:
            if any(Entity(own["name"], role) in entities.values() for entities in self._entities):
                named |= {*own.get("blocks", ()), *own.get("lets", ())}
        return named | {pattern.format(name) for name in named for pattern in _CALLED_BY}

    def _members(self, number: int, role: str) -> Iterator[tuple[str, ClassFacts]]:
        for path, entity in self._entities[number].items():
            if entity.role == role:
                yield path, self.snapshots[number]["classes"][path]

    def _exception_rows(self) -> list[Row]:
        """Where a class's method is of another kind than the same method of its role."""
        canonical = self.canonical()
        held: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for number in range(len(self.snapshots)):
            for role in self.roots:
                usual = self._methods_of(number, role)
                for path, facts in self._members(number, role):
                    for name, kind in facts["methods"].items():
                        if usual.get(name, kind) != kind:
                            held[name, kind, canonical[self._entities[number][path]]].add(number)
        grouped = self._ranged(((name, kind), cls, numbers) for (name, kind, cls), numbers in held.items())
        return [{"method": key[0], "kind": key[1], **span, "classes": names} for key, span, names in grouped]

    def _fake_rows(self) -> list[Row]:
        canonical = self.canonical()
        held: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for number, entities in enumerate(self._entities):
            for path, entity in entities.items():
                for name, calls in self.snapshots[number]["classes"][path]["fake"].items():
                    held[name, calls, canonical[entity]].add(number)
        grouped = self._ranged(((name, calls), cls, numbers) for (name, calls, cls), numbers in held.items())
        return [{"method": key[0], "calls": key[1], **span, "classes": names} for key, span, names in grouped]

    def _function_rows(self) -> list[Row]:
        wanted = {row["name"] for row in self.meaning["function"]}
        public: dict[str, str] = {}
        held: dict[tuple[str, str], set[int]] = defaultdict(set)
        for number, snapshot in enumerate(self.snapshots):
            for path, kind in snapshot["functions"].items():
                name = bare(path)
                if name in wanted:
                    paths = [where for where, defined in snapshot["paths"].items() if defined == path]
                    public[name] = min(paths or [path], key=_preference)
                    held[kind, name].add(number)
        grouped = self._ranged(((kind,), public[name], numbers) for (kind, name), numbers in held.items())
        return [{"kind": key[0], **span, "names": names} for key, span, names in grouped]

    # ranges

    def _ranged(
        self, facts: Iterable[tuple[tuple[Any, ...], str, set[int]]]
    ) -> list[tuple[tuple[Any, ...], dict[str, str], list[str]]]:
        """Groups names that share a key and a range of releases; a fact that comes back has two ranges."""
        groups: dict[tuple[tuple[Any, ...], int, int], list[str]] = defaultdict(list)
        for key, name, numbers in facts:
            for first, last in _runs(sorted(numbers)):
                groups[key, first, last].append(name)
        return [(key, self._span(first, last), sorted(names)) for (key, first, last), names in sorted(groups.items())]

    def _span(self, first: int, last: int) -> dict[str, str]:
        span = {}
        if first > 0:
            span["since"] = self.names[first]
        if last < len(self.names) - 1:
            span["until"] = self.names[last]
        return span


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = numbers[0]
    for before, number in pairwise(numbers):
        if number != before + 1:
            yield start, before
            start = number
    yield start, numbers[-1]


def _preference(path: str) -> tuple[bool, int, int, str]:
    return not path.startswith("llama_index."), path.count("."), len(path), path


def bare(path: str) -> str:
    """The last part of a dotted name."""
    return path.rpartition(".")[2]


def _core(path: str) -> str:
    """The path as it is called since 0.10."""
    if path.startswith(("llama_index.core.", "workflows.")):
        return path
    return path.replace("llama_index.", "llama_index.core.", 1)


def _flat(lists: Iterable[Iterable[str]]) -> set[str]:
    return {name for names in lists for name in names}
