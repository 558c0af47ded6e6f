"""Who else uses a function: callers, holders and decorators in every module of the project, tests and scripts too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.model.comments import uncommented
from streamlint.model.modules import Module
from streamlint.serving.entry_points import EntryPoints
from streamlint.serving.ways import Hop
from streamlint.values.callers import class_around
from streamlint.values.domain import Class, External, Object, ProjectModule
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_PLAIN_DECORATORS = frozenset(
    ("builtins.staticmethod", "builtins.classmethod", "typing.override", "typing_extensions.override", "typing.final")
)
_DOTTED_TEXT = re.compile(r"""(["'])((?:\w+\.)*\w+)[.:](\w+)(?=\1)""")
"""A dotted name in quotes, up to its closing quote."""
_READ_BY_THE_PROJECT = (Purpose.DEPENDENCY, Purpose.BACKGROUND, Purpose.HOOK, Purpose.STARTUP, Purpose.LIFESPAN)
"""Roles in which what a function returns goes to other code of the project, or nowhere, and not to the client."""


class Relation(StrEnum):
    """What somebody has to do with a function; the words follow a name and are followed by the function's."""

    CALLS = "also reads what {} returns"
    HOLDS = "also holds {}"
    DECORATES = "gets what {} returns"
    NAMES = "also names {}"
    FRAMEWORK = "also gets what {} returns"


@dataclass(frozen=True)
class Holder:
    """One use of a function beside its own registration as a route: where it stands, and who that is ("" for a module)."""

    path: Path
    start: int
    end: int
    line: int
    relation: Relation
    who: str
    function: str

    @property
    def hop(self) -> Hop:
        return Hop(self.path, self.start, self.end, self.relation.format(f"`{self.function}`"))

    def told(self, root: Path) -> str:
        """The use in words: "`nightly` (jobs.py:12) also reads what `chat` returns"."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else Path(self.path.name)
        place = f"{path.as_posix()}:{self.line}"
        named = self.relation.format(f"`{self.function}`")
        return f"`{self.who}` ({place}) {named}" if self.who else f"{place} {named}"


_Function = tuple[Path, int]
_Reference = tuple[ir.Scope, ir.Expression]


class Holders:
    """Looks in the files that say the function's name, under whatever name they import it; asked once per function."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.modules = project.evaluator.modules
        self._entry_points = EntryPoints(project.evaluator)
        self._answers: dict[_Function, tuple[Holder, ...]] = {}
        self._words: dict[Path, dict[str, list[_Reference]]] = {}
        self._texts: dict[Path, dict[str, list[re.Match[str]]]] = {}
        self._imported: dict[Path, dict[str, set[str]]] = {}
        self._spellings: dict[tuple[Path, str], list[tuple[str, list[Module]]]] = {}

    # Questions

    def others(self, module: Module, scope: ir.Scope) -> tuple[Holder, ...]:
        """Who calls the function, holds it or stands before it, the frameworks that it is registered with left out."""
        return tuple(one for one in self._all(module, scope) if one.relation is not Relation.FRAMEWORK)

    def readers(self, module: Module, scope: ir.Scope) -> tuple[Holder, ...]:
        """Who may see what the function returns, beside the client that it answers."""
        return self._all(module, scope)

    def registrations(self, module: Module, scope: ir.Scope) -> tuple[tuple[Module, ir.Scope, ir.Call], ...]:
        """The calls that register the function with a framework, decorators included, each with the scope that makes it."""
        outer = module.scopes[scope.parent]
        found = [
            (module, outer, decorator)
            for decorator in scope.decorators
            if isinstance(decorator, ir.Call) and any(self._entry_points.of_decorator(decorator, module, scope))
        ]
        for where, inside, expression in self._references(module, scope):
            call, is_callee = self._call_around(where, expression)
            if call is not None and not is_callee and any(self._registers(call, where, inside, module, scope)):
                found.append((where, inside, call))
        return tuple(found)

    # The search

    def _all(self, module: Module, scope: ir.Scope) -> tuple[Holder, ...]:
        key = (module.path, scope.index)
        if key not in self._answers:
            found = dict.fromkeys((*self._decorating(module, scope), *self._referring(module, scope)))
            self._answers[key] = tuple(sorted(found, key=lambda one: (one.path, one.start, one.end)))
        return self._answers[key]

    def _decorating(self, module: Module, scope: ir.Scope) -> Iterator[Holder]:
        outer = module.scopes[scope.parent]
        decorated = (scope, outer) if outer.kind == "class" else (scope,)
        for below, decorator in ((one, decorator) for one in decorated for decorator in one.decorators):
            relation: Relation | None = Relation.DECORATES
            entries = self._entry_points.of_decorator(decorator, module, below)
            kinds = [entry.kind for entry in entries]
            if kinds:
                relation = Relation.FRAMEWORK if any(kind in _READ_BY_THE_PROJECT for kind in kinds) else None
            elif self._is_plain(decorator, module, below):
                relation = None
            if relation is not None:
                function = decorator.function if isinstance(decorator, ir.Call) else decorator
                who = f"@{ir.dotted(function)}" if ir.dotted(function) else ""
                yield self._holder(module, decorator, relation, who, scope.name)

    def _is_plain(self, decorator: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        names = self.evaluator.names(decorator, frame)
        return bool(names) and names <= _PLAIN_DECORATORS

    def _referring(self, module: Module, scope: ir.Scope) -> Iterator[Holder]:
        for where, inside, expression in self._references(module, scope):
            yield from self._used(where, inside, expression, module, scope)
        for word, modules in self._spelled(module, scope.name):
            for where in modules:
                yield from self._named_in_text(where, word, module, scope)

    def _references(self, module: Module, scope: ir.Scope) -> Iterator[tuple[Module, ir.Scope, ir.Expression]]:
        """Every name and attribute that means the function."""
        for word, modules in self._spelled(module, scope.name):
            for where in modules:
                for inside, expression in self._by_word(where).get(word, ()):
                    if self._means(where, inside, expression, word, module, scope):
                        yield where, inside, expression

    def _spelled(self, module: Module, name: str) -> list[tuple[str, list[Module]]]:
        """A name of a module and those under which it is imported, each with the modules that say it."""
        key = (module.path, name)
        if key not in self._spellings:
            found, pending, seen = [], [name], {name}
            while pending:
                word = pending.pop()
                where = self._saying(module, word)
                found.append((word, where))
                aliases = {alias for one in where for alias in self._aliases(one).get(word, ())}
                pending += sorted(aliases - seen)
                seen |= aliases
            self._spellings[key] = found
        return self._spellings[key]

    def _aliases(self, module: Module) -> dict[str, set[str]]:
        """The names under which a module imports something, by the name that it has where it comes from."""
        if module.path not in self._imported:
            found: dict[str, set[str]] = {}
            for scope in module.scopes if any(member for _, member, _ in module.summary.imports) else ():
                for binding in scope.bindings:
                    if binding.kind == "import" and binding.member:
                        found.setdefault(binding.member, set()).add(binding.name)
            self._imported[module.path] = found
        return self._imported[module.path]

    def _saying(self, module: Module, word: str) -> list[Module]:
        """The modules whose text holds a word; of those that nothing of the application imports, the ones that name the module."""
        found = list(self.modules.saying(word))
        root = self.modules.root
        parts = (
            module.path.relative_to(root).with_suffix("").parts
            if module.path.is_relative_to(root)
            else (module.path.stem,)
        )
        names = re.compile("|".join(rf"\b{re.escape(part)}\b" for part in parts).encode() + rb"|\bfrom\s+\.")
        for path in self.modules.texts.saying((word,)):
            if path in self.modules.members or not names.search(self.modules.texts.content(path)):
                continue
            one = self.modules.load(path)
            if one is not None:
                found.append(one)
        return sorted(found, key=lambda one: one.path)

    def _by_word(self, module: Module) -> dict[str, list[_Reference]]:
        """Names and attributes by their last word, with `getattr(base, "word")`."""
        if module.path not in self._words:
            found: dict[str, list[_Reference]] = {}
            for scope in module.scopes:
                expressions = [*scope.names, *scope.attributes, *(_looked_up(call) for call in scope.calls)]
                for expression in expressions:
                    if expression is not None:
                        found.setdefault(last_word(expression), []).append((scope, expression))
            self._words[module.path] = found
        return self._words[module.path]

    # What a word means

    def _means(
        self, where: Module, inside: ir.Scope, expression: ir.Expression, word: str, module: Module, scope: ir.Scope
    ) -> bool:
        wanted = (module.path, scope.index)
        if isinstance(expression, ir.Name):
            owner = where.uses.owner(word, inside)
            if owner is None:
                return wanted in self._starred(where, word, set())
            return any(wanted in self._bound(where, owner.bindings[i], set()) for i in owner.by_name[word])
        assert isinstance(expression, ir.Attribute)
        if module.scopes[scope.parent].kind == "class":
            return self._is_method(where, inside, expression.base, Class(module.path, scope.parent))
        frame = self.evaluator.any_call(where, inside)
        bases = self.evaluator.value(expression.base, frame) if ir.dotted(expression.base) else ()
        return any(isinstance(b, ProjectModule) and wanted in self._exported(b.path, word, set()) for b in bases)

    def _is_method(self, where: Module, inside: ir.Scope, base: ir.Expression, owner: Class) -> bool:
        """Whether an attribute of `base` may be a method of this class, of one above it, or of one below."""
        if _is_self(where, inside, base) or (isinstance(base, ir.Call) and last_word(base.function) == "super"):
            around = class_around(where, inside)
            return around is not None and self._are_related(around, owner)
        frame = self.evaluator.any_call(where, inside)
        return any(
            isinstance(value, Object | Class) and self._are_related(Class(value.path, value.scope), owner)
            for value in self.evaluator.value(base, frame)
        )

    def _are_related(self, one: Class, other: Class) -> bool:
        lineage = self.evaluator.attributes.lineage
        return other in set(lineage(one)) or one in set(lineage(other))

    def _bound(self, module: Module, binding: ir.Binding, seen: set[tuple[Path, str]]) -> set[_Function]:
        """The functions that a binding gives its name as they are."""
        if binding.kind == "function":
            return {(module.path, binding.target)}
        if binding.kind != "import" or not binding.member:
            return set()
        path = self.modules.resolve(module.path, binding.module, binding.level)
        return self._exported(path, binding.member, seen) if path is not None else set()

    def _exported(self, path: Path, word: str, seen: set[tuple[Path, str]]) -> set[_Function]:
        """The functions that a name of a module's own level stands for, through any chain of imports."""
        module = self.modules.load(path) if path in self.modules.files and (path, word) not in seen else None
        if module is None:
            return set()
        seen.add((path, word))
        top = module.summary.module
        if word not in top.by_name:
            return self._starred(module, word, seen)
        return {one for index in top.by_name[word] for one in self._bound(module, top.bindings[index], seen)}

    def _starred(self, module: Module, word: str, seen: set[tuple[Path, str]]) -> set[_Function]:
        paths = [self.modules.resolve(module.path, name, level) for name, level in module.summary.star_imports]
        return {one for path in paths if path is not None for one in self._exported(path, word, seen)}

    # What is done with it

    def _used(
        self, where: Module, inside: ir.Scope, expression: ir.Expression, module: Module, scope: ir.Scope
    ) -> Iterator[Holder]:
        around = where.enclosing_function(inside)
        who = where.qualified_name(around) if around is not None else ""
        call, is_callee = self._call_around(where, expression)
        if call is not None and is_callee:
            yield self._holder(where, call, Relation.CALLS, who, scope.name)
            return
        if call is not None:
            kinds = list(self._registers(call, where, inside, module, scope))
            if kinds and not any(kind in _READ_BY_THE_PROJECT for kind in kinds):
                return
            if kinds:
                yield self._holder(where, call, Relation.FRAMEWORK, who or ir.dotted(call.function), scope.name)
                return
            if self._makes_application(call, inside, where):
                return
        yield self._holder(where, expression, Relation.HOLDS, who, scope.name)

    def _registers(
        self, call: ir.Call, where: Module, inside: ir.Scope, module: Module, scope: ir.Scope
    ) -> Iterator[Purpose]:
        """For what a call registers the function."""
        entries = self._entry_points.of_call(call, self.evaluator.any_call(where, inside))
        return (entry.kind for entry in entries if entry.key == (module.path, scope.index))

    def _call_around(self, where: Module, expression: ir.Expression) -> tuple[ir.Call | None, bool]:
        """The call that the expression is an argument of, directly or in a list, or the function of."""
        parents = where.uses
        inner, outer = expression, parents.parent(expression)
        while isinstance(outer, ir.Sequence):
            inner, outer = outer, parents.parent(outer)
        return (outer, outer.function is inner) if isinstance(outer, ir.Call) else (None, False)

    def _makes_application(self, call: ir.Call, inside: ir.Scope, where: Module) -> bool:
        """`Litestar(route_handlers=[chat])`: the application is given what is a route already."""
        values = self.evaluator.value(call.function, self.evaluator.any_call(where, inside))
        application = self.evaluator.knowledge.frameworks.application
        return any(isinstance(value, External) and application(value.name) is not None for value in values)

    def _named_in_text(self, where: Module, word: str, module: Module, scope: ir.Scope) -> Iterator[Holder]:
        """`"app.main:chat"` and `"app.main.chat"`."""
        for match in self._texts_of(where).get(word, ()):
            beside = where.path.with_name(
                "__main__.py"
            )  # a module's own name means itself in a text, unlike in its imports
            path = self.modules.resolve(beside, match[2])
            if path is not None and (module.path, scope.index) in self._exported(path, word, set()):
                line = where.source.position(match.start()).line
                yield Holder(where.path, match.start(), match.end() + 1, line, Relation.NAMES, "", scope.name)

    def _holder(self, where: Module, at: ir.Expression, relation: Relation, who: str, function: str) -> Holder:
        return Holder(where.path, at.start, at.end, where.source.position(at.start).line, relation, who, function)

    def _texts_of(self, module: Module) -> dict[str, list[re.Match[str]]]:
        """The dotted names that stand in quotes in a module, by their last word."""
        if module.path not in self._texts:
            found: dict[str, list[re.Match[str]]] = {}
            for match in _DOTTED_TEXT.finditer(uncommented(module.source.text)):
                found.setdefault(match[3], []).append(match)
            self._texts[module.path] = found
        return self._texts[module.path]


def _looked_up(call: ir.Call) -> ir.Attribute | None:
    """`getattr(module, "chat")`, as the attribute that it is."""
    if isinstance(call.function, ir.Name) and call.function.id == "getattr" and len(call.arguments) > 1:
        word = call.arguments[1]
        if isinstance(word, ir.Constant) and isinstance(word.value, str):
            return ir.Attribute(call.start, call.end, call.arguments[0], word.value)
    return None


def _is_self(where: Module, inside: ir.Scope, base: ir.Expression) -> bool:
    """Whether an expression is the first parameter of the method around it."""
    method = where.enclosing_function(inside)
    if method is None or not isinstance(base, ir.Name) or where.scopes[method.parent].kind != "class":
        return False
    return bool(method.parameters) and method.parameters[0].name == base.id
