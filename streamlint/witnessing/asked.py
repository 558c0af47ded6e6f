"""What a client sends to a route: its path with values in it, a query, a body; read from the handler."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from streamlint.model import syntax as ir
from streamlint.witnessing.placeholders import Placeholders, is_required, named

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame

PART = re.compile(r"\{([^}:]+)(?::[^}]*)?\}|<(?:([^>:]+):)?([^>]+)>")
"""A parameter in a path: `{id}`, `{id:int}`, `<id>`, `<int:id>`."""
_TYPED = ("fastapi", "litestar", "ninja")
"""Frameworks that read a request by the annotations of its handler."""
_ELSEWHERE = ("Depends", "Security", "File", "UploadFile", "Header", "Cookie", "Path", "Provide", "Dependency")
_BY_KEYS = ("query", "form", "json")
_SOURCES = (
    ("query", re.compile(r"\b(?:args|query_params|GET|query|rel_url)\b")),
    ("form", re.compile(r"\b(?:form|POST)\b")),
    ("json", re.compile(r"\b(?:get_)?json\b|\bjson\.loads\b|\bdata\b")),
)
"""Where a key of a request is looked up, by the words of the expression that holds it."""
_OF_CONVERTERS = {"int": "1", "float": "1.0", "uuid": "00000000-0000-0000-0000-000000000001"}


@dataclass
class Asked:
    """A request. `body` is JSON unless `form` holds what a form does."""

    method: str
    path: str
    query: dict[str, object] = field(default_factory=dict)
    body: object = None
    form: dict[str, object] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def content(self) -> str:
        """The body as text; nothing where there is none."""
        if self.form:
            return urlencode(self.form)
        return json.dumps(self.body, ensure_ascii=False) if self.body is not None else ""

    @property
    def media_type(self) -> str:
        return "application/x-www-form-urlencoded" if self.form else "application/json"


class Requests:
    """Of a project: what each of its routes is asked with."""

    def __init__(self, project: Project) -> None:
        self._evaluator = project.evaluator
        self._placeholders = project.ask(Placeholders)

    def of(self, entry: Entry, path: str, methods: tuple[str, ...]) -> Asked:
        module, scope = entry.module, entry.scope
        outer = self._evaluator.any_call(module, module.scopes[scope.parent])
        given = {each.name: self._placeholders.of(each.name, each.annotation, outer) for each in scope.parameters}
        asked = Asked("", PART.sub(lambda match: _filled(match, given), path))
        in_path = {match[1] or match[3] for match in PART.finditer(path)}
        if entry.framework in _TYPED:
            rest = [each for each in scope.parameters if each.name not in in_path and each.kind != "starred"]
            self._typed(asked, rest, outer)
        else:
            self._by_keys(asked, entry, self._evaluator.any_call(module, scope))
        has_body = asked.body is not None or bool(asked.form)
        asked.method = next(
            iter(sorted(methods, key=lambda each: (each == "GET") is has_body)), "POST" if has_body else "GET"
        )
        return asked

    def _typed(self, asked: Asked, parameters: list[ir.Parameter], outer: Frame) -> None:
        bodies: dict[str, object] = {}
        for each in parameters:
            says = _says(each)
            value = self._placeholders.of(each.name, each.annotation, outer)
            is_model = isinstance(value, dict | list)
            if not is_required(each.default) or each.annotation is None or _ELSEWHERE_WORDS.intersection(says):
                continue
            if "Form" in says:
                asked.form |= value if isinstance(value, dict) else {each.name: value}
            elif "Body" in says or (is_model and "Query" not in says):
                bodies[each.name] = value
            elif self._is_from_client(each, outer):
                asked.query[each.name] = value
        asked.body = bodies if len(bodies) > 1 else next(iter(bodies.values()), None)

    def _is_from_client(self, parameter: ir.Parameter, outer: Frame) -> bool:
        """Whether a plain parameter is one of the query, and none that the framework itself gives."""
        word = ir.dotted(parameter.annotation).rpartition(".")[2] if parameter.annotation is not None else ""
        return (
            not word
            or word in ("str", "int", "float", "bool", "UUID", "date", "datetime", "Any")
            or (self._placeholders.model(parameter.annotation, outer) is not None)
        )

    def _by_keys(self, asked: Asked, entry: Entry, frame: Frame) -> None:
        """The keys that the handler looks up in its request."""
        found: dict[str, dict[str, object]] = {kind: {} for kind in _BY_KEYS}
        for base, key in _lookups(entry.scope):
            kind = self._source(base, frame)
            if kind:
                found[kind][key] = named(key)
        asked.query, asked.form, asked.body = found["query"], found["form"], found["json"] or None

    def _source(self, base: ir.Expression, frame: Frame, depth: int = 3) -> str:
        if isinstance(base, ir.Name) and base.bindings and depth:
            bindings = (frame.scope.bindings[index] for index in base.bindings)
            values = (binding.value for binding in bindings if binding.value is not None)
            return next((kind for value in values if (kind := self._source(value, frame, depth - 1))), "")
        text = frame.module.text(base)
        return next((kind for kind, words in _SOURCES if "req" in text and words.search(text)), "")


_ELSEWHERE_WORDS = frozenset(_ELSEWHERE)


def _says(parameter: ir.Parameter) -> frozenset[str]:
    """The classes that the default and the annotation of a parameter name or call."""
    roots = [root for root in (parameter.default, parameter.annotation) if root is not None]
    names = (ir.dotted(each) for root in roots for each in ir.walk(root))
    return frozenset(name.rpartition(".")[2] for name in names if name)


def _lookups(scope: ir.Scope) -> Iterator[tuple[ir.Expression, str]]:
    """Where a constant key is looked up: `base["key"]`, `base.get("key")`."""
    for each in scope.expressions():
        if isinstance(each, ir.Subscript) and isinstance(each.key, ir.Constant) and isinstance(each.key.value, str):
            yield each.base, each.key.value
        elif isinstance(each, ir.Call) and isinstance(each.function, ir.Attribute) and each.function.attribute == "get":
            key = each.arguments[0] if each.arguments else None
            if isinstance(key, ir.Constant) and isinstance(key.value, str):
                yield each.function.base, key.value


def _filled(match: re.Match[str], given: dict[str, object]) -> str:
    """A value for a parameter of a path: by its converter, by the handler's annotation, or by its name."""
    name, converter = match[1] or match[3], match[2] or ""
    value = _OF_CONVERTERS.get(converter) or given.get(name, named(name))
    return quote(str(value))
