"""Where code in Python asks a server and reads the answer as JSON: tests, scripts, other services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.readers.addresses import HOLE, Address
from streamlint.readers.asking import Ask
from streamlint.readers.origins import Made, Origins
from streamlint.readers.spelling import Spelling
from streamlint.values.tested import is_test_module

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project

_BASE = "base_url"
_TESTS = "test"
_HOST = "://"


class Calls:
    """Asked for one module after the other."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._origins = Origins(project)
        self._spelling = Spelling(project)

    def of(self, module: Module) -> tuple[Ask, ...]:
        """The requests whose answers the module reads as JSON."""
        found: dict[Ask, None] = {}
        for scope in module.scopes:
            for expression in scope.expressions():
                answer = self._read(expression)
                for made in self._origins.of(answer, module, scope, self._is_request) if answer is not None else ():
                    found.update(dict.fromkeys(self._asks(made)))
        return tuple(found)

    # What is read

    def _read(self, expression: ir.Expression) -> ir.Expression | None:
        """The answer that an expression reads as JSON: `answer.json`, `json.loads(answer.text)`, `answer.data["text"]`."""
        match expression:
            case ir.Attribute(base=base, attribute=name) if name in self._names("json"):
                return base
            case ir.Subscript(base=ir.Attribute(base=base, attribute="data"), key=ir.Constant(value=str())):
                return base
            case ir.Call(function=function) if ir.dotted(function) in self._names("parsers") and expression.arguments:
                return self._text_of(expression.arguments[0])
        return None

    def _text_of(self, expression: ir.Expression) -> ir.Expression | None:
        while isinstance(expression, ir.Await):
            expression = expression.value
        if isinstance(expression, ir.Call):
            if isinstance(expression.function, ir.Attribute) and expression.function.attribute == "decode":
                return self._text_of(expression.function.base)
            expression = expression.function
        if isinstance(expression, ir.Attribute) and expression.attribute in self._names("whole"):
            return expression.base
        return None

    # What is asked

    def _is_request(self, call: ir.Call) -> bool:
        return isinstance(call.function, ir.Attribute) and call.function.attribute in self._requests

    @cached_property
    def _requests(self) -> frozenset[str]:
        return self._names("methods") | self._names("method-first")

    def _asks(self, made: Made) -> Iterator[Ask]:
        place = self._project.place(made.module.path, made.call.start, made.call.end)
        url, method = self._given(made)
        for text in self._spelling.of(url, self._origins.frame(made)) if url is not None else ():
            address = self._address(text, made)
            if address is not None and place is not None:
                yield Ask(address, method, place)

    def _given(self, made: Made) -> tuple[ir.Expression | None, str]:
        """The address that a request is given, and its method, "" where that cannot be told."""
        call = made.call
        assert isinstance(call.function, ir.Attribute)
        word = call.function.attribute
        if word in self._names("methods"):
            return call.argument(0, "url") or call.argument(None, "path"), word.upper()
        method = call.argument(0, "method")
        texts = self._spelling.of(method, self._origins.frame(made)) if method is not None else ()
        known = texts[0].upper() if len(texts) == 1 and HOLE not in texts[0] else ""
        return call.argument(1, "url"), known

    def _address(self, text: str, made: Made) -> Address | None:
        """The address behind a client's base; None where nothing says that it is the application's own."""
        address = Address.of(text)
        if address is None or (_HOST in text and not address.is_based):
            return address
        if self._serves(made):
            return None
        if not address.is_based or not text.startswith(HOLE):
            return self._below_base(address, made)
        return address

    def _below_base(self, address: Address, made: Made) -> Address | None:
        assert isinstance(made.call.function, ir.Attribute)
        clients = list(self._origins.of(made.call.function.base, made.module, made.scope, _has_base))
        if not clients:
            return address if self._tests(made.module) else None
        given = clients[0].call.argument(None, _BASE)
        texts = self._spelling.of(given, self._origins.frame(clients[0])) if given is not None else ()
        return _below(texts[0], address) if len(texts) == 1 else None

    def _serves(self, made: Made) -> bool:
        """Whether the request is one that the application makes while it serves: it asks others under paths like its own."""
        function = made.module.enclosing_function(made.scope)
        reached = self._project.reach.from_request(made.module, function) if function is not None else None
        return reached is not None and (reached.entry is None or reached.entry.framework not in self._names("pages"))

    @staticmethod
    def _tests(module: Module) -> bool:
        """Whether a module tests the application, so that what it asks without a host is that."""
        return is_test_module(module) or any(_TESTS in name for name, _, _ in module.summary.imports)

    def _names(self, key: str) -> frozenset[str]:
        return self._project.knowledge.names("clients", key)


def _has_base(call: ir.Call) -> bool:
    return call.argument(None, _BASE) is not None


def _below(base: str, address: Address) -> Address | None:
    """An address below the text of a client's base."""
    if base == HOLE:
        return Address(address.path, True)
    above = Address.of(base.rstrip("/") + "/" + HOLE)
    if above is None:
        return _bare(base, address)
    return Address(above.path.removesuffix("/" + HOLE) + address.path, above.is_based)


def _bare(base: str, address: Address) -> Address | None:
    """An address at a base that has no path."""
    return Address.of(base.rstrip("/") + address.path)
