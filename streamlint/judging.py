"""How one walk over a file serves all rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from streamlint.finding import Finding
from streamlint.rule import Check, Rule, Where, crash
from streamlint.source import Span
from streamlint.timings import phase

if TYPE_CHECKING:
    from streamlint.deployment import Deployment
    from streamlint.fact import Fact
    from streamlint.finding import Place
    from streamlint.project import Project
    from streamlint.source import Source


class File(Protocol):
    """What the checks look at: nodes of some kinds, which stand somewhere."""

    def nodes(self, kind: type[Any]) -> Iterator[tuple[Any, Any]]: ...

    def place(self, place: Any) -> Place: ...


def judge(file: File, rules: Sequence[Rule]) -> Iterator[Fact | Finding]:
    """The facts that all `rules` have in a file; a check that crashes becomes a finding, once, and the others go on."""
    crashed: set[Rule] = set()
    for kind, checks in _checks(tuple(rules)).items():
        nodes = _Nodes(file, kind)
        for rule, check, where in checks:
            if rule not in crashed:
                with phase(rule.code):
                    found = _facts(rule, check, nodes, where)
                crashed |= {rule for one in found if isinstance(one, Finding)}
                yield from found


class _Nodes:
    """The nodes of one kind in a file, each with its scope: all of them, or those in scopes of which something is asked first."""

    def __init__(self, file: File, kind: type[Any]) -> None:
        self.file = file
        self._kind = kind
        self._within: dict[Where, Sequence[tuple[Any, Any]]] = {}

    @cached_property
    def all(self) -> Sequence[tuple[Any, Any]]:
        return tuple(self.file.nodes(self._kind))

    def within(self, where: Where | None) -> Sequence[tuple[Any, Any]]:
        if where is None:
            return self.all
        if where not in self._within:
            holds = {scope: where(self.file, scope) for scope in dict.fromkeys(scope for _, scope in self.all)}
            self._within[where] = [row for row in self.all if holds[row[1]]]
        return self._within[where]


def judge_beside(project: Project, source: Source, rules: Sequence[Rule]) -> Iterator[Finding]:
    """What all `rules` find in a file that says which packages are needed, and where it cannot be read."""
    from streamlint.beside_file import told
    from streamlint.config_file import ConfigFile

    file = ConfigFile(source, project)
    yield from file.faults()
    yield from (one if isinstance(one, Finding) else told(one) for one in judge(file, rules))


def judge_around(deployment: Deployment, source: Source, rules: Sequence[Rule]) -> Iterator[Finding]:
    """What all `rules` find in a file that says how the program is served."""
    from streamlint.beside_file import told
    from streamlint.deployment_file import DeploymentFile

    file = DeploymentFile(source, deployment)
    yield from (one if isinstance(one, Finding) else told(one) for one in _once(judge(file, rules)))


def _once(found: Iterable[Fact | Finding]) -> Iterator[Fact | Finding]:
    """The first of those that a rule has at one place: what two blocks include is one text, and one edit mends both."""
    seen: set[tuple[str, Span]] = set()
    for one in found:
        finding = one if isinstance(one, Finding) else one.finding
        if (key := (finding.code, finding.place.span)) not in seen:
            seen.add(key)
            yield one


def _facts(rule: Rule, check: Check, nodes: _Nodes, where: Where | None) -> list[Fact | Finding]:
    """What a check has to say of its nodes, up to where it fails."""
    found: list[Fact | Finding] = []
    node, file = Span(0, 0), nodes.file
    try:
        for node, scope in nodes.within(where):
            found.extend(check(node, file) if node is scope else check(node, scope, file))
    except Exception as error:  # noqa: BLE001 a failure of our own is reported, and other rules go on
        return [*found, crash(f"{rule.code} ({rule.name})", error, file.place(node))]
    return found


@cache
def _checks(rules: tuple[Rule, ...]) -> dict[type[Any], list[tuple[Rule, Check, Where | None]]]:
    """The check methods of some rules, by the kind of node that they look at; made once for all files of a run."""
    found: dict[type[Any], list[tuple[Rule, Check, Where | None]]] = {}
    for rule in rules:
        for name in dir(type(rule)):
            method = getattr(type(rule), name)
            for kind in getattr(method, "kinds", ()):
                found.setdefault(kind, []).append((rule, getattr(rule, name), method.where))
    return found
