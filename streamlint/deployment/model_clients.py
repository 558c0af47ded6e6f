"""The clients of language models that a program makes: how long each waits for the next token, and how many it asks for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlint.deployment.streaming_routes import ProjectRoutes, StreamingRoute
from streamlint.knowledge import model_clients as known
from streamlint.model import syntax as ir
from streamlint.values.domain import Bound, Constant, External, Instance, Values

if TYPE_CHECKING:
    from streamlint.knowledge.model_clients import ClientLimits, ModelLimits
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_MOST_POSITIONAL = 3
"""Arguments of a model class by position; with more of them its limit may be one."""


@dataclass(frozen=True)
class Given:
    """A limit as it holds: by default where `at` is None; `value` None: no limit; not known where it is computed."""

    setting: str
    value: float | None
    at: ir.Expression | None = None
    is_known: bool = True

    @property
    def is_default(self) -> bool:
        return self.at is None and self.is_known

    @property
    def doubted(self) -> Given:
        """What is left of it where the default may be another one."""
        return self if self.at is not None else replace(self, is_known=False)


@dataclass(frozen=True, eq=False)
class ModelClient:
    """A call that makes a client, or that reads a stream through one; `made_at` is then the call that made it."""

    name: str
    path: Path
    call: ir.Call
    time: Given
    output: Given | None
    is_at_home: bool
    """Whether the model runs on a machine of one's own."""
    package: str = ""
    release: str = ""
    made_at: ir.Call | None = None

    @property
    def is_short(self) -> bool:
        """Whether it plainly gives up before a model has read a long prompt."""
        seconds = self.time.value
        if not self.time.is_known or seconds is None:
            return False
        if self.is_at_home and (seconds < known.SHORT_AT_HOME or self.time.is_default):
            return seconds <= known.SHORT_AT_HOME
        return seconds < known.SHORT_FOR_ANY


class ModelClients:
    """Those of a project that serves streams; silent about what is computed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.evaluator = project.evaluator
        names = project.knowledge.names
        self._self_hosted = names("model_clients", "self-hosted")
        self._addresses = names("model_clients", "addresses")
        self._paths = tuple(sorted(names("model_clients", "model-paths")))
        self._local_hosts = tuple(sorted(names("clients", "local-hosts")))

    # Questions

    def of(self, call: ir.Call, frame: Frame) -> ModelClient | None:
        """The client that a call makes, or through which it reads tokens."""
        for name in sorted(self.evaluator.names(call.function, frame)):
            release = self._project.version(package, frame.module.path) if (package := known.package_of(name)) else None
            limits = known.limits(name, release) if package else None
            if limits is not None:
                return self._of_model(limits, str(release or ""), call, frame)
            row = known.clients().get(name)
            if row is not None and not row.streams and self._is_service(row, call, frame):
                return self._of_client(row, name, call, frame)
        return self._of_reading(call, frame)

    def serving(self, route: StreamingRoute) -> tuple[ModelClient, ...]:
        """The clients from which the tokens of a route may come: those in the files that its own leads to, or that bring it in."""
        entry = route.entry
        if entry is None:
            return ()
        near = self._files_of(entry.module.path)
        return tuple(client for client in self.rows if client.path in near)

    def is_served(self, path: Path) -> bool:
        """Whether code of a file makes clients for streams that are served."""
        return path in self._served

    @cached_property
    def rows(self) -> tuple[ModelClient, ...]:
        """All of them, in the files that serve streams."""
        words = {name.rpartition(".")[2] for name in known.clients()} | {"stream", *known.model_names()}
        return tuple(
            client
            for module in self.evaluator.modules.saying(*sorted(words))
            if module.path in self._served
            for scope in module.scopes
            for call in scope.calls
            if (client := self.of(call, self.evaluator.any_call(module, scope))) is not None
        )

    @cached_property
    def _served(self) -> frozenset[Path]:
        routes = self._project.ask(ProjectRoutes).rows
        found: set[Path] = set()
        for path in {route.entry.module.path for route in routes if route.entry is not None}:
            found |= self._files_of(path)
        return frozenset(found)

    def _files_of(self, path: Path) -> set[Path]:
        """What brings a file in, tests left out, and all that these import: an application sets its model up elsewhere."""
        found: set[Path] = set()
        pending = [path]
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                pending += self._importers.get(current, ())
        return self.evaluator.modules.around(found)

    @cached_property
    def _importers(self) -> dict[Path, list[Path]]:
        """Which files import each, tests left out."""
        modules = self.evaluator.modules
        found: dict[Path, list[Path]] = {}
        for path in sorted(modules.members):
            for imported in modules.imported_by(path) if not modules.texts.is_test(path) else ():
                found.setdefault(imported, []).append(path)
        return found

    # Kinds of clients

    def _of_model(self, limits: ModelLimits, release: str, call: ir.Call, frame: Frame) -> ModelClient:
        address = self._address(call, frame)
        at_home = limits.made in self._self_hosted if address is None else self._is_local(address)
        output = self._given(limits.output, limits.tokens, call, frame) if limits.output else None
        time = self._given(limits.time, limits.seconds, call, frame) if limits.time else Given("", None)
        if not limits.is_sure:
            output, time = output and output.doubted, time.doubted
        return ModelClient(limits.made, frame.module.path, call, time, output, at_home, limits.package, release)

    def _of_client(self, row: ClientLimits, name: str, call: ir.Call, frame: Frame) -> ModelClient:
        address = self._address(call, frame)
        time = self._given(row.time, row.seconds, call, frame)
        if row.config:
            time = self._in_config(row, call, frame)
        short = name.removeprefix("boto3.") if row.service else name.rpartition(".")[2]
        is_at_home = row.is_at_home if address is None else self._is_local(address)
        return ModelClient(short, frame.module.path, call, time, None, is_at_home)

    def _of_reading(self, call: ir.Call, frame: Frame) -> ModelClient | None:
        """`client.stream("POST", ".../v1/chat/completions")`: the limit of the call, or that of the client."""
        if not isinstance(call.function, ir.Attribute):
            return None
        for value in self.evaluator.value(call.function, frame):
            if not isinstance(value, Bound) or not isinstance(value.receiver, Instance):
                continue
            row = known.clients().get(value.receiver.name)
            if row is None or value.name not in row.streams or not self._is_of_model(call.argument(1, "url"), frame):
                continue
            made = self._made(value.receiver, frame)
            own = self._given(row.time, row.seconds, call, frame)
            time = own if own.at is not None or made is None else self._given(row.time, row.seconds, made, frame)
            address = self._text(call.argument(1, "url"), frame) or (made and self._address(made, frame)) or ""
            name, at_home = value.receiver.name, "//" in address and self._is_local(address)
            return ModelClient(name, frame.module.path, call, time, None, at_home, made_at=made)
        return None

    def _is_of_model(self, address: ir.Expression | None, frame: Frame) -> bool:
        """Whether an address ends as those do under which models send tokens; its beginning may be computed."""
        if isinstance(address, ir.Operation) and address.operator == "Add":
            return self._is_of_model(address.operands[-1], frame)
        if isinstance(address, ir.FormattedString):
            return frame.module.text(address).rstrip("'\"").endswith(self._paths)
        text = self._text(address, frame)
        return text is not None and urlsplit(text).path.endswith(self._paths)

    def _made(self, receiver: Instance, frame: Frame) -> ir.Call | None:
        """The call in this file that made a client."""
        origin = receiver.origin
        if origin is None or origin.path != frame.module.path:
            return None
        calls = (call for scope in frame.module.scopes for call in scope.calls)
        return next((call for call in calls if (call.start, call.end) == (origin.start, origin.end)), None)

    def _is_service(self, row: ClientLimits, call: ir.Call, frame: Frame) -> bool:
        return not row.service or self._text(call.argument(0, "service_name"), frame) == row.service

    # Limits and addresses

    def _given(self, setting: str, default: float | None, call: ir.Call, frame: Frame) -> Given:
        at = call.argument(None, setting)
        if at is not None:
            return self._valued(setting, at, frame)
        hidden = call.hides_keywords or len(call.arguments) > _MOST_POSITIONAL or not call.is_plain
        return Given(setting, default, is_known=not hidden)

    def _valued(self, setting: str, at: ir.Expression, frame: Frame) -> Given:
        if isinstance(at, ir.Name) and at.id in {each.name for each in frame.scope.parameters}:
            return Given(setting, None, at, False)  # who else calls it says something else
        values = self.evaluator.value(at, frame)
        if isinstance(at, ir.Call) and values and all(_is_httpx_timeout(value) for value in values):
            inner = at.argument(None, "read") or at.argument(0, "timeout")
            return self._valued(setting, inner, frame) if inner is not None else Given(setting, None, at, False)
        if values == frozenset((Constant(None),)):
            return Given(setting, None, at)
        number = _number(values)
        return Given(setting, number, at, number is not None)

    def _in_config(self, row: ClientLimits, call: ir.Call, frame: Frame) -> Given:
        config = call.argument(None, row.config)
        if config is None:
            return Given(row.time, row.seconds, is_known=not call.hides_keywords)
        return (
            self._given(row.time, row.seconds, config, frame) if isinstance(config, ir.Call) else _unknown(row, config)
        )

    def _address(self, call: ir.Call, frame: Frame) -> str | None:
        """The constant address that a client is given; None where it is given none, or one that is computed."""
        given = (value for name, value in call.keywords if name in self._addresses)
        texts = (self._text(value, frame) for value in given)
        return next((text for text in texts if text is not None), None)

    def _text(self, expression: ir.Expression | None, frame: Frame) -> str | None:
        values = self.evaluator.value(expression, frame) if expression is not None else frozenset()
        texts = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
        return texts[0] if len(texts) == len(values) == 1 else None

    def _is_local(self, address: str) -> bool:
        """Whether a host is this machine, one beside it, or a container: a name without a dot, a private address."""
        try:
            host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
            return not ipaddress.ip_address(host).is_global
        except ValueError:
            return bool(host) and ("." not in host or f".{host}".endswith(self._local_hosts))


def _unknown(row: ClientLimits, at: ir.Expression) -> Given:
    return Given(row.time, None, at, False)


def _number(values: Values) -> float | None:
    (only, *others) = values or (None,)
    if others or not isinstance(only, Constant) or isinstance(only.value, bool):
        return None
    return float(only.value) if isinstance(only.value, int | float) else None


def _is_httpx_timeout(value: object) -> bool:
    return isinstance(value, Instance | External) and value.name in ("httpx.Timeout", "openai.Timeout")
