"""Return the stream in place of what was drained from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.llama_index import Role
from streamlint.project import syntax as ir
from streamlint.project.calls import dotted_name
from streamlint.project.takings import Drain, How
from streamlint.repairs.elements import Elements
from streamlint.repairs.rewriting import Rewriting
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.languages.python import PythonFile
    from streamlint.project.entry_points import Entry
    from streamlint.project.frames import Frame

TITLE = "return the stream instead of the drained text"
REASON = "the client receives the tokens as plain text, as they are produced, instead of one {0}"
_BESIDE = "send the rest as headers, or as the first or last item of the stream"
_AFTER = "do that in a generator, after its last token"
_EMPTY = ("builtins.list", "builtins.str", "io.StringIO")


_CHAIN = (ir.Name, ir.Attribute, ir.Call)


@dataclass(frozen=True)
class Refusal:
    """Why no repair is offered, and what to do about it, as the help text says it; no reason where another rule has the repair."""

    why: str
    instead: str = "yield the tokens in a generator, and do the rest there"


@dataclass(frozen=True)
class _Plan:
    """The statements to remove, the return to change, and the stream that it is to send."""

    removed: tuple[cst.BaseStatement, ...]
    answer: ir.Return
    stream: str


def stream_answer(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The repair of a drain whose text is returned, or the reason why there is none."""
    return Repair(file, frame, drain).make(entry)


def tokens_of(file: PythonFile, drain: Drain) -> str:
    """The iterator over the tokens of a drain, as an expression."""
    text, stream = file.text(drain.source), drain.stream
    if stream is None:
        return text
    if not isinstance(drain.source, _CHAIN):
        text = f"({text})"
    if stream.role is Role.STREAM or (stream.role is Role.CHAT_STREAM and not stream.is_async):
        return f"{text}.response_gen"
    return f"{text}.async_response_gen()"


class Repair:
    """One drain, looked at from the return backwards."""

    def __init__(self, file: PythonFile, frame: Frame, drain: Drain) -> None:
        self.file, self.frame, self.drain = file, frame, drain
        self.scope = frame.scope
        self.evaluator = file.project.evaluator
        self.derived = file.project.drains.derived(drain, frame)

    def make(self, entry: Entry) -> Fix | Refusal:
        responses = self.evaluator.knowledge.responses
        preferred = responses.preferred(entry.framework)
        if self.drain.hops:
            return Refusal("the tokens are taken in a helper", "let the helper return the iterator instead of the text")
        if responses.by_hand(entry.framework):
            return Refusal(
                "this framework's streams are written by hand", "write each token inside the loop that takes it"
            )
        if preferred is None or not entry.answers:
            return Refusal(
                "which iterator streams here depends on the server", "give ASGI an async one, WSGI a plain one"
            )
        is_async = self._is_async()
        if not (preferred.takes_async if is_async else preferred.takes_sync):
            return Refusal(
                f"`{preferred.name}` takes no async iterator", "start the stream with the synchronous method"
            )
        if self._dresses_answer():
            return Refusal(
                "what is set on the injected response would be lost",
                "set it on the `StreamingResponse` that you return",
            )
        if self._is_replayed():
            return Refusal("", "hand the iterator itself to the response")
        if self._is_inside_with():
            return Refusal(
                "the stream would outlive the `with` block around it", "open the `with` block in a generator"
            )
        plan = self._plan()
        if isinstance(plan, Refusal):
            return plan
        return self._fix(plan, preferred)

    def _is_async(self) -> bool:
        stream = self.drain.stream
        if stream is not None:
            return stream.is_async
        return self.drain.is_async

    def _is_replayed(self) -> bool:
        """Whether a streaming response is returned after the drain."""
        drains = self.file.project.drains
        after = [item.value for item in self.scope.returns if item.end > self.drain.start]
        return any(
            isinstance(value, ir.Call) and drains.answers.content(value, self.frame) is not None for value in after
        )

    def _is_inside_with(self) -> bool:
        """Whether something is closed after the drain that the stream may need."""
        return any(entry.body_start <= self.drain.start < entry.body_end for entry in self.scope.entries)

    def _dresses_answer(self) -> bool:
        """Whether the handler sets headers or cookies on a response that the framework hands it."""
        responses = self.evaluator.knowledge.responses
        outer = self.frame.parent or self.frame
        for parameter in self.scope.parameters:
            if parameter.annotation is None or not any(name.id == parameter.name for name in self.scope.names):
                continue
            if any(responses.response(dotted_name(v)) for v in self.evaluator.value(parameter.annotation, outer)):
                return True
        return False

    def _fix(self, plan: _Plan, preferred: Preferred) -> Fix:
        assert plan.answer.value is not None
        answer = plan.answer.value
        rewriting = Rewriting(self.file, self.frame, preferred, plan.answer)
        statement = self.file.statement(plan.answer.start, plan.answer.end)
        assert statement is not None
        lines = self.file.whole_lines(statement)
        own = self.file.source.line_span(plan.answer.start)
        edits = [Edit(self.lines_of(node), "") for node in plan.removed]
        edits += [Edit(Span(lines.start, own.start), "")] if lines.start < own.start else []
        edits.append(Edit(self._to_end_of_code(answer, lines), rewriting.call(plan.stream)))
        edits += rewriting.declaration()
        kind = "JSON answer" if isinstance(answer, ir.Mapping) else "answer at the end"
        return Fix(
            TITLE, tuple(sorted(edits)), Level.RESPONSE, REASON.format(kind), rewriting.imports(), (self._claim(),)
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

    # The plan

    def _plan(self) -> _Plan | Refusal:
        answers = [item for item in self.scope.returns if item.value is not None and self._takes(item.value)]
        if len(answers) != 1 or answers[0].value is None:
            return Refusal("the text is returned in no place, or in more than one")
        answer = answers[0]
        assert answer.value is not None
        if not self.is_text_only(answer.value):
            return Refusal("the answer carries more than the text", _BESIDE)
        stream = self.stream()
        if stream is None:
            return Refusal("the tokens are changed, counted or shown on the way")
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
            return self._whole(value)
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
        if isinstance(value, ir.Call) and self.drain.how is How.JOIN:
            return self._joins_seamlessly(value)
        return True

    @staticmethod
    def _joins_seamlessly(call: ir.Call) -> bool:
        base = call.function.base if isinstance(call.function, ir.Attribute) else None
        return isinstance(base, ir.Constant) and base.value in ("", b"")

    def _is_text_call(self, call: ir.Call) -> bool:
        function = call.function
        if isinstance(function, ir.Attribute):
            if self.file.project.drains.answers.is_join(call):
                return self._joins_seamlessly(call) and self.is_text_only(call.arguments[0])
            if function.attribute in ("strip", "getvalue", "rstrip") and not call.arguments:
                return self.is_text_only(function.base)
        given = [*call.arguments, *(v for k, v in call.keywords if not _says_nothing(k, v))]
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
            return tokens_of(self.file, drain) if isinstance(drain.source, _CHAIN) else None
        if drain.tokens is None or drain.tokens.items not in ("text", "chunk"):
            return None
        elements = Elements(self.file, drain.tokens.items)
        if drain.loop is None:
            return elements.of_iterable(drain.source, joined=drain.how is How.JOIN)
        if drain.how is How.COMPREHENSION:
            return elements.of_comprehension(drain.start, drain.end, text)
        return elements.of_loop(drain.loop, text)

    # What goes

    def removed(self, answer: ir.Return) -> tuple[cst.BaseStatement, ...] | Refusal:
        """The statements that only serve the drained text; refuses where the text is used for more."""
        assert answer.value is not None
        found: dict[int, cst.BaseStatement] = {}
        within = answer.value.start <= self.drain.start and self.drain.end <= answer.value.end
        if not within:
            statement = self.file.statement(self.drain.start, self.drain.end)
            if statement is None or not self._stands_alone(statement):
                return Refusal("its statement does more than take the tokens")
            found[id(statement)] = statement
        for binding in self.scope.bindings:
            if binding.name not in self.derived or binding.kind in ("merge",) or self._inside(binding, found):
                continue
            statement = self._assignment(binding)
            if statement is None:
                return Refusal("the text is used for more than the answer", _AFTER)
            found[id(statement)] = statement
        removed = tuple(sorted(found.values(), key=lambda node: self.file.span(node).start))
        if self._used_elsewhere(removed, answer):
            return Refusal("the text is stored, logged or passed on as well", _AFTER)
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
        return (
            isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(statement.body[0], cst.Assign | cst.AnnAssign | cst.Expr)
        )

    def _assignment(self, binding: ir.Binding) -> cst.BaseStatement | None:
        """The statement of a binding that starts the collection empty, or makes text of it."""
        if binding.value is None or binding.path or binding.kind != "assign":
            return None
        if not (self._is_empty(binding.value) or self.is_text_only(binding.value)):
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
        if self._names_of_outer_scopes() & self.derived:
            return True
        spans = [self.file.span(node) for node in removed] + [Span(answer.start, answer.end)]
        names = [name for scope in self._scopes_inside() for name in scope.names if name.id in self.derived]
        return any(not any(s.start <= name.start and name.end <= s.end for s in spans) for name in names)

    def _names_of_outer_scopes(self) -> set[str]:
        """The names that the handler declares `global` or `nonlocal`."""
        declared = [
            node
            for node, span in self.file.spans.items()
            if isinstance(node, cst.Global | cst.Nonlocal) and self.scope.start <= span.start < self.scope.end
        ]
        return {item.name.value for node in declared for item in node.names}

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


def _says_nothing(keyword: str | None, value: ir.Expression) -> bool:
    """Whether an argument of a response is its kind, or the usual status."""
    if keyword in ("media_type", "mimetype", "content_type"):
        return True
    return keyword in ("status_code", "status") and isinstance(value, ir.Constant) and value.value == 200
