"""Return the stream in place of what was drained from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.llama_index import Role
from streamlint.project import syntax as ir
from streamlint.project.calls import dotted_name
from streamlint.project.drains import Drain, How
from streamlint.project.values import External
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.languages.python import PythonFile
    from streamlint.project.entry_points import Entry
    from streamlint.project.frames import Frame

TITLE = "return the stream instead of the drained text"
REASON = "the client receives the tokens as plain text, as they are produced, instead of one {0}"
_EMPTY = ("builtins.list", "builtins.str", "io.StringIO")


@dataclass(frozen=True)
class Refusal:
    """Why no repair is offered, as the help text says it."""

    why: str


@dataclass(frozen=True)
class _Plan:
    """The statements to remove, the return to change, and the stream that it is to send."""

    removed: tuple[cst.BaseStatement, ...]
    answer: ir.Return
    stream: str


def stream_answer(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The repair of a drain whose text is returned, or the reason why there is none."""
    return Repair(file, frame, drain).make(entry)


class Repair:
    """One drain, looked at from the return backwards."""

    def __init__(self, file: PythonFile, frame: Frame, drain: Drain) -> None:
        self.file, self.frame, self.drain = file, frame, drain
        self.scope = frame.scope
        self.evaluator = file.project.evaluator
        self.derived = file.project.drains.derived(drain, frame)

    def make(self, entry: Entry) -> Fix | Refusal:
        preferred = self.evaluator.knowledge.responses.preferred(entry.framework)
        if self.drain.hops:
            return Refusal("the tokens are taken in a helper")
        if preferred is None or not entry.answers:
            return Refusal("how this handler sends a stream depends on the server")
        is_async = self._is_async()
        if not (preferred.takes_async if is_async else preferred.takes_sync):
            return Refusal(f"`{preferred.name}` cannot send an async iterator here")
        plan = self._plan()
        if isinstance(plan, Refusal):
            return plan
        return self._fix(plan, preferred)

    def _is_async(self) -> bool:
        stream = self.drain.stream
        if stream is not None:
            return stream.is_async
        return self.drain.is_async

    def _fix(self, plan: _Plan, preferred: Preferred) -> Fix:
        assert plan.answer.value is not None
        answer = plan.answer.value
        call = f'{preferred.name}({plan.stream}, {preferred.media_type_keyword}="text/plain")'
        statement = self.file.statement(plan.answer.start, plan.answer.end)
        assert statement is not None
        lines = self.file.whole_lines(statement)
        own = self.file.source.line_span(plan.answer.start)
        edits = [Edit(self.lines_of(node), "") for node in plan.removed]
        edits += [Edit(Span(lines.start, own.start), "")] if lines.start < own.start else []
        edits.append(Edit(self._to_end_of_code(answer, lines), call))
        edits += self._annotation(preferred)
        kind = "JSON answer" if isinstance(answer, ir.Mapping) else "answer at the end"
        return Fix(
            TITLE, tuple(sorted(edits)), Level.RESPONSE, REASON.format(kind), self._imports(preferred), (self._claim(),)
        )

    def _claim(self) -> Span:
        return Span(self.drain.start, self.drain.end)

    def _to_end_of_code(self, answer: ir.Expression, lines: Span) -> Span:
        """The answer with its parentheses and the comment behind it."""
        text = self.file.source.text
        start = self._return_start(answer)
        end = lines.end
        while end > lines.start and text[end - 1] in "\r\n":
            end -= 1
        return Span(start + len("return "), end)

    def _return_start(self, answer: ir.Expression) -> int:
        return next(item.start for item in self.scope.returns if item.value is answer)

    def lines_of(self, node: cst.BaseStatement) -> Span:
        """The lines of a statement, and the blank line before it where another follows."""
        lines = self.file.whole_lines(node)
        source = self.file.source
        before = source.line_span(lines.start - 1) if lines.start else None
        after = source.line_span(lines.end) if lines.end < len(source.text) else None
        blank_before = before is not None and not source.slice(before).strip()
        blank_after = after is not None and not source.slice(after).strip()
        if blank_before and blank_after and before is not None:
            return Span(before.start, lines.end)
        return lines

    def _annotation(self, preferred: Preferred) -> Iterator[Edit]:
        annotation = self.scope.returns_annotation
        if annotation is None:
            return
        definition = self.file.definition(self.scope)
        if definition is None or definition.returns is None:
            return
        node = definition.returns.annotation
        if self.file.text(node).rpartition(".")[2] not in (preferred.name, "Response"):
            yield Edit(self.file.span(node), preferred.name)

    def _imports(self, preferred: Preferred) -> frozenset[Import]:
        """Nothing where the file already binds the name to the same class, under whatever path."""
        responses = self.evaluator.knowledge.responses
        wanted = responses.response(f"{preferred.module}.{preferred.name}")
        bound = self.evaluator.named(self.file.facts, preferred.name)
        for value in bound:
            if isinstance(value, External) and wanted is not None and responses.response(value.name) is wanted:
                return frozenset()
        return frozenset((Import(preferred.module, preferred.name),))

    # The plan

    def _plan(self) -> _Plan | Refusal:
        answers = [item for item in self.scope.returns if item.value is not None and self._takes(item.value)]
        if len(answers) != 1 or answers[0].value is None:
            return Refusal("the text is not returned, or in more than one place")
        answer = answers[0]
        assert answer.value is not None
        if not self.is_text_only(answer.value):
            return Refusal("the answer carries more than the text")
        stream = self.stream()
        if stream is None:
            return Refusal("the loop does more than collect the tokens")
        removed = self.removed(answer)
        if isinstance(removed, Refusal):
            return removed
        return _Plan(removed, answer, stream)

    def _takes(self, value: ir.Expression) -> bool:
        if value.start <= self.drain.start and self.drain.end <= value.end:
            return True
        return any(isinstance(part, ir.Name) and part.id in self.derived for part in ir.walk(value))

    def is_text_only(self, value: ir.Expression) -> bool:
        """Whether an answer is the drained text and nothing else, in whatever wrapping."""
        if (value.start, value.end) == (self.drain.start, self.drain.end) and not self.drain.is_loop:
            return value is not None and self._whole(value)
        match value:
            case ir.Name():
                return value.id in self.derived
            case ir.Mapping():
                return len(value.items) == 1 and value.items[0][0] is not None and self.is_text_only(value.items[0][1])
            case ir.Sequence(kind="tuple") if len(value.items) == 2:
                status = value.items[1]
                return isinstance(status, ir.Constant) and status.value == 200 and self.is_text_only(value.items[0])
            case ir.Attribute(attribute="response") if self.drain.how is How.METHOD:
                return self.is_text_only(value.base)
            case ir.Await():
                return self.is_text_only(value.value)
            case ir.Call():
                return self._is_text_call(value)
        return False

    def _whole(self, value: ir.Expression) -> bool:
        if isinstance(value, ir.FormattedString):
            text = self.file.text(value)
            return text[1:2] in "\"'" and text[2:3] == "{" and text[-2:-1] == "}" and len(value.values) == 1
        return True

    def _is_text_call(self, call: ir.Call) -> bool:
        function = call.function
        if isinstance(function, ir.Attribute):
            if self.file.project.drains.is_join(call):
                base = function.base
                return isinstance(base, ir.Constant) and base.value in ("", b"") and self.is_text_only(call.arguments[0])
            if function.attribute in ("strip", "getvalue", "rstrip") and not call.arguments:
                return self.is_text_only(function.base)
        given = [*call.arguments, *(v for k, v in call.keywords if k not in ("media_type", "mimetype", "content_type"))]
        if len(given) != 1 or any(isinstance(argument, ir.Starred) for argument in call.arguments):
            return False
        names = {dotted_name(v) for v in self.evaluator.value(function, self.frame)}
        responses = self.evaluator.knowledge.responses
        known = any(responses.response(name) is not None for name in names) or "builtins.str" in names
        word = function.attribute if isinstance(function, ir.Attribute) else getattr(function, "id", "")
        return (known or word[:1].isupper() or "builtins.dict" in names) and self.is_text_only(given[0])

    # What is sent

    def stream(self) -> str | None:
        """The iterator that the drain takes from, as the code writes it; None where the drain does more than take."""
        drain = self.drain
        text = self.file.text(drain.source)
        if drain.stream is not None:
            return self._tokens_of(text)
        if drain.tokens is None or drain.tokens.items not in ("text", "chunk"):
            return None
        if drain.loop is None:
            return text if drain.tokens.items == "text" or isinstance(drain.source, ir.Closure) else None
        if drain.how is How.COMPREHENSION:
            return self._of_comprehension(text)
        return self._of_loop(drain.loop, text)

    def _tokens_of(self, text: str) -> str | None:
        stream = self.drain.stream
        assert stream is not None
        if not isinstance(self.drain.source, ir.Name | ir.Attribute | ir.Call):
            return None
        if stream.role is Role.STREAM or (stream.role is Role.CHAT_STREAM and not stream.is_async):
            return f"{text}.response_gen"
        return f"{text}.async_response_gen()"

    def _of_comprehension(self, text: str) -> str | None:
        node = next((n for n in self.file.nodes_at(self.drain.start, self.drain.end) if isinstance(n, cst.ListComp)), None)
        if node is None:
            return None
        target = node.for_in.target
        if isinstance(target, cst.Name) and isinstance(node.elt, cst.Name) and node.elt.value == target.value:
            if not node.for_in.ifs and node.for_in.inner_for_in is None:
                return text
        return f"({self.file.text(node)[1:-1]})"

    def _of_loop(self, loop: ir.Loop, text: str) -> str | None:
        node = self._loop_node(loop)
        if node is None or node.orelse is not None or not isinstance(node.target, cst.Name):
            return None
        body, condition = node.body, None
        if len(body.body) == 1 and isinstance(body.body[0], cst.If) and body.body[0].orelse is None:
            condition, body = body.body[0].test, body.body[0].body
        elements = [element for statement in body.body for element in self._elements(statement)]
        if len(elements) != 1 or len(body.body) != 1 or elements[0] is None:
            return None
        element = elements[0]
        if isinstance(element, cst.Name) and element.value == node.target.value and condition is None:
            return text
        item = self.file.text(element)
        if item == f"{node.target.value}.delta" and condition is None:
            item = f'{item} or ""'
        keyword = "async for" if loop.is_async else "for"
        tail = f" if {self.file.text(condition)}" if condition is not None else ""
        return f"({item} {keyword} {node.target.value} in {text}{tail})"

    def _loop_node(self, loop: ir.Loop) -> cst.For | None:
        for node in self.file.spans:
            if isinstance(node, cst.For) and self.file.span(node).start == loop.start:
                return node
        return None

    def _elements(self, statement: cst.CSTNode) -> list[cst.BaseExpression | None]:
        """What a statement of the loop adds to the collection; None where it does anything else."""
        if not isinstance(statement, cst.SimpleStatementLine | cst.SimpleStatementSuite):
            if isinstance(statement, cst.AugAssign | cst.Expr | cst.Assign):
                return [self._element(statement)]
            return [None]
        return [self._element(small) for small in statement.body]

    def _element(self, small: cst.BaseSmallStatement) -> cst.BaseExpression | None:
        match small:
            case cst.AugAssign(target=cst.Name(), operator=cst.AddAssign()):
                return small.value
            case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="append" | "write")), args=[argument])):
                return argument.value if argument.keyword is None and not argument.star else None
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))],
                value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=right),
            ) if name == left:
                return right
        return None

    # What goes

    def removed(self, answer: ir.Return) -> tuple[cst.BaseStatement, ...] | Refusal:
        """The statements that only serve the drained text; refuses where the text is used for more."""
        assert answer.value is not None
        found: dict[int, cst.BaseStatement] = {}
        within = answer.value.start <= self.drain.start and self.drain.end <= answer.value.end
        if not within:
            statement = self.file.statement(self.drain.start, self.drain.end)
            if statement is None or not self._stands_alone(statement):
                return Refusal("the statement does more than take the tokens")
            found[id(statement)] = statement
        for binding in self.scope.bindings:
            if binding.name not in self.derived or binding.kind in ("merge",) or self._inside(binding, found):
                continue
            statement = self._assignment(binding)
            if statement is None:
                return Refusal("the collected text is used for more than the answer")
            found[id(statement)] = statement
        removed = tuple(sorted(found.values(), key=lambda node: self.file.span(node).start))
        if self._used_elsewhere(removed, answer):
            return Refusal("the text is stored, logged or passed on as well")
        if any(self._empties_block(node, removed) for node in removed):
            return Refusal("the block around it would be empty")
        return removed

    def _inside(self, binding: ir.Binding, found: dict[int, cst.BaseStatement]) -> bool:
        return any(
            self.file.span(node).start <= binding.start and binding.end <= self.file.span(node).end
            for node in found.values()
        )

    def _stands_alone(self, statement: cst.BaseStatement) -> bool:
        if isinstance(statement, cst.For):
            return self.drain.is_loop
        return isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 and isinstance(
            statement.body[0], cst.Assign | cst.AnnAssign | cst.Expr
        )

    def _assignment(self, binding: ir.Binding) -> cst.BaseStatement | None:
        """The statement of a binding that starts the collection empty, or makes text of it."""
        if binding.value is None or binding.path or binding.kind != "assign":
            return None
        starts_empty = self._is_empty(binding.value)
        holds_drain = binding.value.start <= self.drain.start and self.drain.end <= binding.value.end
        if not (starts_empty or holds_drain or self.is_text_only(binding.value)):
            return None
        statement = self.file.statement(binding.start, binding.end)
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return None
        small = statement.body[0]
        if isinstance(small, cst.Assign):
            return statement if len(small.targets) == 1 else None
        return statement if isinstance(small, cst.AnnAssign) else None

    def _is_empty(self, value: ir.Expression) -> bool:
        if isinstance(value, ir.Sequence):
            return not value.items
        if isinstance(value, ir.Constant):
            return value.value in ("", b"")
        if isinstance(value, ir.Call) and not value.arguments:
            return any(dotted_name(v) in _EMPTY for v in self.evaluator.value(value.function, self.frame))
        return False

    def _used_elsewhere(self, removed: tuple[cst.BaseStatement, ...], answer: ir.Return) -> bool:
        spans = [self.file.span(node) for node in removed] + [Span(answer.start, answer.end)]
        names = [name for scope in self._scopes_inside() for name in scope.names if name.id in self.derived]
        return any(not any(s.start <= name.start and name.end <= s.end for s in spans) for name in names)

    def _scopes_inside(self) -> Iterator[ir.Scope]:
        for scope in self.file.facts.scopes:
            if self.scope.start <= scope.start and scope.end <= self.scope.end and scope.is_function:
                yield scope

    def _empties_block(self, node: cst.BaseStatement, removed: tuple[cst.BaseStatement, ...]) -> bool:
        block = self.file.siblings(node)
        if not block:
            return True
        kept = [item for item in block if not any(item is gone for gone in removed)]
        return not kept
