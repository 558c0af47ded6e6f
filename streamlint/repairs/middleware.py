"""Middleware that reads a whole body sends each chunk on from a generator, and does there what it did with the body."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.blocks import behind, code_of, comments_of, deeper, is_movable
from streamlint.repairs.collected import added_by
from streamlint.source import Placed, Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_TITLE = "send each chunk on, and do the rest after the last one"
_REASON = (
    "the client receives each chunk when it is made; what is done with the body is done after the last one, "
    "if the client stays until then"
)
_BODY = "body_iterator"
_CHANGED = Refusal(
    "the body is changed, or decides what is answered", "do in a generator what can be done to each chunk"
)
_KEPT = ("status_code", "headers", "media_type", "background")


@cache
def _leaves() -> tuple[type[cst.CSTNode], ...]:
    """What must stay where it is; asked late, so that libcst is not imported before a repair needs it."""
    return (
        cst.Return,
        cst.Raise,
        cst.Await,
        cst.Yield,
        cst.Global,
        cst.Nonlocal,
        cst.Del,
        cst.Assert,
        cst.FunctionDef,
        cst.ClassDef,
        cst.NamedExpr,
    )


def sent_on(file: PythonFile, scope: ir.Scope, loop: ir.Loop) -> Fix | Refusal:
    """`response`: the same bytes, earlier; refuses where anything but the log of the body depends on its end."""
    return _Middleware(file, scope, loop).make()


class _Middleware:
    def __init__(self, file: PythonFile, scope: ir.Scope, loop: ir.Loop) -> None:
        self.file, self.scope, self.loop, self.tree = file, scope, loop, file.tree
        assert isinstance(loop.iterable, ir.Attribute)
        base = loop.iterable.base
        self.response = base.id if isinstance(base, ir.Name) else ""
        self.chunks = self._free("body_chunks")
        self.step = self.tree.piece(loop.start).module.default_indent

    def make(self) -> Fix | Refusal:
        taking = self.tree.statement(self.loop.start, self.loop.end)
        block = list(self.tree.siblings(taking)) if taking is not None else []
        if taking is None or not self.response or not block or not isinstance(block[-1], cst.SimpleStatementLine):
            return _CHANGED
        collected = self._of_loop(taking) if isinstance(taking, cst.For) else self._of_call(taking)
        if collected is None:
            return _CHANGED
        name, started, written = collected
        rest = block[block.index(taking) + 1 : -1]
        texts = self._texts(name, rest)
        handed = [node for node in rest if self._hands_on(node, texts)]
        moved = [node for node in rest if node not in handed]
        if self._is_in_the_way(name, moved) or not self._answers(block[-1], texts, handed):
            return _CHANGED
        gone = [node for node in (started, *moved, *handed) if node is not None]
        return self._fix(taking, gone, moved, block[-1], handed, written)

    # Taking

    def _of_loop(self, node: cst.For) -> tuple[str, cst.BaseStatement | None, str] | None:
        """The name that each chunk is added to, the statement that starts it empty, and the lines of both with a yield."""
        if node.orelse is not None or not isinstance(node.target, cst.Name) or len(node.body.body) != 1:
            return None
        line = node.body.body[0]
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        added = added_by(line.body[0])
        if added is None or not isinstance(added[1], cst.Name) or added[1].value != node.target.value:
            return None
        made = [one for one in self.scope.bindings if one.name == added[0] and one.start < self.loop.start]
        started = self.tree.statement(made[0].start, made[0].end) if len(made) == 1 else None
        if started is None or started not in self.tree.siblings(node) or not self._is_empty(made[0].value):
            return None
        edits = (
            Edit(self.tree.span(node.iter), self.chunks),
            behind(self.file, line, f"yield {node.target.value}"),
        )
        begun = code_of(self.file, self.tree.whole_lines(started))
        return added[0], started, begun + code_of(self.file, self.tree.whole_lines(node), edits)

    def _is_empty(self, value: ir.Expression | None) -> bool:
        text = self.file.text(value) if value is not None else ""
        return text in ("[]", "list()", 'b""', "b''", "bytearray()", "bytes()")

    def _of_call(self, node: cst.BaseStatement) -> tuple[str, cst.BaseStatement | None, str] | None:
        """`chunks = [chunk async for chunk in response.body_iterator]`, also joined."""
        match node:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
            ):
                pass
            case _:
                return None
        inner = value.args[0].value if isinstance(value, cst.Call) and len(value.args) == 1 else value
        match inner:
            case cst.ListComp(elt=cst.Name(value=item), for_in=cst.CompFor(target=cst.Name(value=target), ifs=[])) if (
                item == target
            ):
                pass
            case _:
                return None
        is_joined = inner is not value
        if is_joined and self.tree.text(value.func) not in ('b"".join', "b''.join"):  # type: ignore[attr-defined]  # a call
            return None
        kept = self._free("chunks") if is_joined else name
        lines = [
            *comments_of(self.file, node),
            f"{kept} = []",
            f"async for {item} in {self.chunks}:",
            f"{self.step}{kept}.append({item})",
            f"{self.step}yield {item}",
            *([f'{name} = b"".join({kept})'] if is_joined else []),
        ]
        indent, newline = self.file.source.indent(self.tree.span(node).start), self.file.source.newline
        return name, None, "".join(f"{indent}{line}{newline}" for line in lines)

    # The rest

    def _texts(self, name: str, rest: list[cst.BaseStatement]) -> frozenset[str]:
        """The names that hold the whole body, or its chunks: nothing else gives them a value."""
        found = {name}
        for node in rest:
            match node:
                case cst.SimpleStatementLine(
                    body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=other))], value=value)]
                ) if self.tree.text(value) in self._joins(found):
                    found.add(other)
        return frozenset(found)

    def _joins(self, names: set[str] | frozenset[str]) -> set[str]:
        return {f"{empty}.join({name})" for name in names for empty in ('b""', "b''")} | {
            f"bytes({name})" for name in names
        }

    def _hands_on(self, node: cst.BaseStatement, texts: frozenset[str]) -> bool:
        """`response.body_iterator = iterate_in_threadpool(iter(chunks))`: what the generator does now."""
        span = self.tree.span(node)
        stores = [one for one in self.scope.stores if span.contains(one)]
        if len(stores) != 1 or stores[0].member != _BODY or not self._is_response(stores[0].base):
            return False
        names = {part.id for part in ir.walk(stores[0].value) if isinstance(part, ir.Name)}
        return bool(names & texts)

    def _is_response(self, base: ir.Expression) -> bool:
        return isinstance(base, ir.Name) and base.id == self.response

    def _is_in_the_way(self, name: str, moved: list[cst.BaseStatement]) -> bool:
        """Whether a statement that is to run after the last chunk ends the function, waits, or changes the answer or the body."""
        for node in moved:
            span = self.tree.span(node)
            if isinstance(node, cst.Try | cst.With | cst.For | cst.While):
                return True
            if (
                not is_movable(self.file, span)
                or self.tree.within(span, *_leaves())
                or any(span.contains(one) for one in self.scope.stores)
            ):
                return True
            if any(
                self._is_response(use) and span.contains(use) and not self._is_read(use) for use in self.scope.names
            ):
                return True
        bound = [
            one
            for one in self.scope.bindings
            if one.kind != "merge" and any(self.tree.span(node).contains(one) for node in moved)
        ]
        names = {one.name for one in bound} | {name}
        outside = [
            one
            for one in self.scope.bindings
            if one.name in names and one.start < self.loop.start and one.kind != "merge"
        ]
        started = [one for one in outside if one.name == name]
        return (
            len(outside) != len(started)
            or len(bound) != len({one.name for one in bound})
            or name in {one.name for one in bound}
        )

    def _is_read(self, use: ir.Name) -> bool:
        """`response.status_code`, `response.headers.get("x-id")`: nothing that is set, and not the response itself."""
        uses = self.file.facts.uses
        parent = uses.parent(use)
        if not isinstance(parent, ir.Attribute) or parent.attribute not in _KEPT:
            return False
        outer = uses.parent(parent)
        return not isinstance(outer, ir.Attribute) or outer.attribute in ("get", "items")

    def _answers(self, node: cst.BaseStatement, texts: frozenset[str], handed: list[cst.BaseStatement]) -> bool:
        """`return response` where its chunks were put back, or a new response that repeats all that the old one says."""
        answer = next((one for one in self.scope.returns if self.tree.statement(one.start, one.end) is node), None)
        value = answer.value if answer is not None else None
        if handed:
            return len(handed) == 1 and value is not None and self._is_response(value)
        if not isinstance(value, ir.Call):
            return False
        given = [*value.arguments, *(one for _, one in value.keywords)]
        bodies = [one for one in given if self.file.text(one) in texts | self._joins(texts)]
        others = [one for one in given if one not in bodies]
        repeats = {self.file.text(one) for one in others}
        return len(bodies) == 1 and repeats <= self._repeated() and any("status_code" in one for one in repeats)

    def _repeated(self) -> set[str]:
        said = {f"{self.response}.{word}" for word in _KEPT}
        return said | {f"dict({self.response}.headers)", f"dict({self.response}.headers.items())"}

    # The edit

    def _free(self, word: str) -> str:
        taken = {name for scope in self.file.facts.scopes for name in scope.by_name}
        return word if word not in taken else f"{word}_of_response"

    def _fix(
        self,
        taking: cst.BaseStatement,
        gone: list[cst.BaseStatement],
        moved: list[cst.BaseStatement],
        last: cst.BaseStatement,
        handed: list[cst.BaseStatement],
        written: str,
    ) -> Fix:
        newline, indent = self.file.source.newline, self.file.source.indent(self.tree.span(taking).start)
        name = self._free("send_on")
        text = f"{indent}{self.chunks} = {self.response}.{_BODY}{newline}{newline}{indent}async def {name}():{newline}"
        text += deeper(written + "".join(code_of(self.file, self.tree.whole_lines(node)) for node in moved), self.step)
        comments = (comment for node in handed for comment in comments_of(self.file, node))
        text += newline + "".join(f"{indent}{comment}{newline}" for comment in comments)
        text += f"{indent}{self.response}.{_BODY} = {name}(){newline}"
        edits = [Edit(self.tree.whole_lines(taking), text)]
        edits += [Edit(self.tree.whole_lines(node), "") for node in gone]
        answer = next(one for one in self.scope.returns if self.tree.statement(one.start, one.end) is last)
        assert answer.value is not None
        edits.append(Edit(Span(answer.value.start, answer.value.end), self.response))
        drops = (
            self.file.text(answer.value),
            *(self.tree.text(node).strip() for node in gone if node not in moved),
            self.tree.text(taking).strip(),
        )
        claims: tuple[Span, ...] = (_span(self.loop),)
        return Fix(_TITLE, tuple(sorted(edits)), Level.RESPONSE, _REASON, claims=claims, drops=drops)


def _span(place: Placed) -> Span:
    return Span(place.start, place.end)
