"""Compressing middleware of a release that does not hand on the tokens of a stream one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.releases import Compressed, Compression
from streamlint.model import syntax as ir
from streamlint.streams import Sent
from streamlint.streams.sent import Sending, certain
from streamlint.values.domain import Collection, External, Generated

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.releases.versions import VersionAnswer
    from streamlint.source import Span

_ENCODING, _EVENTS = "content-encoding", "text/event-stream"


@dataclass(frozen=True, eq=False)
class Compressor:
    """The expression that names the middleware, and a stream behind it."""

    expression: ir.Expression
    name: str
    effect: Compressed
    stream: Sending
    version: VersionAnswer


class Compressors:
    """Silent where the release is unknown, and where it is not certain that the middleware sees the stream."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.sent = project.ask(Sent)
        self.versions = project.versions

    def concern(self, path: Path) -> bool:
        return path in self._by_path

    def at(self, path: Path, span: Span) -> Compressor | None:
        """The compressor that the expression with this span names."""
        found = self._by_path.get(path, ())
        return next(
            (one for one in found if (one.expression.start, one.expression.end) == (span.start, span.end)), None
        )

    @cached_property
    def _by_path(self) -> dict[Path, tuple[Compressor, ...]]:
        found: dict[Path, tuple[Compressor, ...]] = {}
        for row in self.evaluator.knowledge.releases.compressions:
            for module, expression in (*self._registered(row), *self._listed(row)):
                compressor = self._judged(row, module, expression)
                if compressor is not None:
                    found[module.path] = (*found.get(module.path, ()), compressor)
        return found

    # Where it stands

    def _registered(self, row: Compression) -> Iterator[tuple[Module, ir.Expression]]:
        """Where a call puts it before the only application, whatever the configuration."""
        for word in row.registrations:
            for module, scope, call in self.evaluator.callers.calls_of(word):
                given = [call.argument(0, None), *(call.argument(None, keyword) for keyword in row.class_keywords)]
                named = next((expression for expression in given if expression is not None), None)
                if named is None or call.branch >= 0:
                    continue
                values = certain(self.evaluator.value(named, self.evaluator.any_call(module, scope)))
                is_it = [isinstance(value, External) and value.name in row.names for value in values]
                if is_it and all(is_it) and self._is_only_application(row, module):
                    yield module, named

    def _is_only_application(self, row: Compression, module: Module) -> bool:
        calls = [call for word in row.applications for call in self.evaluator.callers.calls_of(word)]
        return sum(self._is_beside(module, other) for other, _, _ in calls) == 1

    def _listed(self, row: Compression) -> Iterator[tuple[Module, ir.Expression]]:
        """Where a settings module lists it."""
        if not row.setting:
            return
        for module in self.evaluator.modules.saying(row.setting):
            top = module.summary.module
            for index in top.final.get(row.setting, ()):
                for item in _items(top.bindings, index):
                    if isinstance(item, ir.Constant) and item.value == row.listed_as:
                        yield module, item

    # What it does

    def _judged(self, row: Compression, module: Module, expression: ir.Expression) -> Compressor | None:
        releases, versions = row.releases, self.versions.near(module.path)
        version = versions.get(releases.package)
        if version is None or not versions.below(releases.package, releases.below):
            return None
        if releases.first and not versions.at_least(releases.package, releases.first):
            return None
        for sending in self.sent.all:
            effect = self._effect(row, sending) if self._is_beside(module, sending.frame.module) else None
            if effect is not None:
                return Compressor(expression, row.listed_as.rpartition(".")[2], effect, sending, version)
        return None

    def _is_beside(self, module: Module, other: Module) -> bool:
        """Whether both belong to the same application, as far as a repository with several of them tells."""
        return self.versions.near(module.path).folder == self.versions.near(other.path).folder

    def _effect(self, row: Compression, sending: Sending) -> Compressed | None:
        response, scope = sending.response, sending.frame.scope
        if not response.streaming or response.framework != row.framework:
            return None
        if not self.sent.serves(sending.frame.module, scope) or self._names_encoding(sending):
            return None
        if row.exempt and (sending.media_type is None or sending.media_type in row.exempt):
            return None
        is_async = self._is_async(sending)
        if is_async is None:
            return None
        return row.of_async if is_async else row.of_sync

    def _is_async(self, sending: Sending) -> bool | None:
        """Whether the tokens, or the events of whatever kind, come from an asynchronous iterator; None where they are none."""
        values = self.evaluator.value(sending.content, sending.frame)
        tokens = self.evaluator.tokens(values)
        if tokens is not None or sending.media_type != _EVENTS:
            return tokens.is_async if tokens is not None else None
        kinds = {one.is_async if isinstance(one, Generated) else None for one in values}
        return kinds.pop() if len(kinds) == 1 else None

    def _names_encoding(self, sending: Sending) -> bool:
        """Whether the response may say how it is encoded: compressors leave it alone then."""
        if self._encoding_is_set or sending.call.hides_keywords:
            return True
        headers = sending.call.argument(None, "headers")
        if headers is None:
            return False
        values = certain(self.evaluator.value(headers, sending.frame))
        names = [name for value in values if isinstance(value, Collection) for name, _ in value.items]
        known = bool(values) and all(isinstance(value, Collection) and value.kind == "dict" for value in values)
        return not known or any(name is None or name.lower() == _ENCODING for name in names)

    @cached_property
    def _encoding_is_set(self) -> bool:
        """Whether the project sets the header of some response by `response.headers[...] = ...`."""
        names = (_ENCODING, _ENCODING.title())
        return any(self.evaluator.callers.items(name) for name in names)


def _items(bindings: list[ir.Binding], index: int) -> Iterator[ir.Expression]:
    """The items of a list that a name is bound to, those included that `+=` adds."""
    binding = bindings[index]
    if isinstance(binding.value, ir.Sequence):
        yield from binding.value.items
    if binding.kind == "augmented":
        for source in binding.sources:
            yield from _items(bindings, source)
