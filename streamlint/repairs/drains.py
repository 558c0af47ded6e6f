"""Return the stream in place of what was drained from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from streamlint.faults.bodies_read import BodiesRead
from streamlint.fix import Edit, Fix, Level
from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.delayed import Delay
from streamlint.repairs.elements import Elements, Tokens
from streamlint.repairs.injected import Injected
from streamlint.repairs.iterators import takes
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.untouched import Form, Same, Untouched
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.tree import nodes as cst
from streamlint.values.domain import Iterated

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.serving import Entry
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

TITLE = "return the stream instead of the drained text"
REASON = "the client receives plain text, not {0}"
JSON, WHOLE = "JSON", "one answer at the end"
_BESIDE = "send the rest as headers, or as the first or last item of the stream"
_AFTER = "do that in a generator, after its last token"
_ON_THE_WAY = Refusal("the tokens are changed, counted or shown on the way")
_CHAIN = (ir.Name, ir.Attribute, ir.Call)


@immutable
class Removed:
    """Statements that only serve the drained text, and their code, with `_` for what stays."""

    statements: tuple[cst.BaseStatement, ...] = ()
    drops: tuple[str, ...] = ()


@immutable
class _Plan:
    """The statements to remove, the return to change, what it was, and the stream that it is to send."""

    removed: Removed
    answer: ir.Return
    was: Same
    stream: Tokens


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
        self.derived = file.project.ask(Drains).derived(drain, frame)
        self.untouched = Untouched(file, frame, drain)
        self.injected: Injected | None = None
        self.framework = ""

    def preferred(self, entry: Entry) -> Preferred | Refusal:
        """The response in which the stream can be sent, or why none can be returned from here."""
        responses, self.framework = self.evaluator.knowledge.responses, entry.framework
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
        refusal = takes(self.file, preferred, is_async=self.is_async())
        if refusal is not None:
            return refusal
        self.injected = Injected.of(self.file, self.frame, self.drain, self.derived)
        if self.injected is not None and self.injected.is_lost():
            return Refusal(
                "what is set on the injected response would be lost",
                "set it on the `StreamingResponse` that you return",
            )
        reader = self.file.project.ask(BodiesRead).reader
        if reader:
            return Refusal(
                f"`{reader}` takes the bodies of answers on their way out, and may change them",
                "see that it bears a text that comes in pieces, then return the stream",
            )
        if self._is_replayed():
            return Refusal("", "hand the iterator itself to the response")
        return preferred

    def make(self, preferred: Preferred) -> Fix | Refusal:
        plan = self._plan()
        if isinstance(plan, Refusal):
            return plan
        return Announced(self.file, self.frame, preferred, self.untouched).refusal() or self._fix(plan, preferred)

    def is_async(self) -> bool:
        stream = self.drain.stream
        if stream is not None:
            return stream.is_async
        return self.drain.is_async

    def _is_replayed(self) -> bool:
        """Whether a streaming response is returned after the drain."""
        answers = self.file.project.ask(Drains).answers
        calls = [item.value for item in self.scope.returns if item.end > self.drain.start]
        for call in calls:
            content = answers.content(call, self.frame) if isinstance(call, ir.Call) else None
            if (
                isinstance(call, ir.Call)
                and content is not None
                and not answers.is_whole_text(call, content, self.frame)
            ):
                return True
        return False

    def keywords(self, answer: ir.Expression) -> tuple[str, ...]:
        """What else the new response is given: what the injected one says of an answer that is no response itself."""
        answers = self.file.project.ask(Drains).answers
        is_response = isinstance(answer, ir.Call) and answers.is_response(answer, self.frame)
        return self.injected.keywords() if self.injected is not None and not is_response else ()

    def _fix(self, plan: _Plan, preferred: Preferred) -> Fix:
        assert plan.answer.value is not None
        answer = plan.answer.value
        rewriting = Rewriting(self.file, self.frame, preferred, plan.answer)
        statement = self.file.tree.statement(plan.answer.start, plan.answer.end)
        assert statement is not None
        lines = self.file.tree.whole_lines(statement)
        own = self.file.source.line_span(plan.answer.start)
        edits = [Edit(self.lines_of(node), "") for node in plan.removed.statements]
        edits += [Edit(Span(lines.start, own.start), "")] if lines.start < own.start else []
        edits.append(Edit(self._to_end_of_code(answer, lines), rewriting.call(plan.stream.text, self.keywords(answer))))
        edits += rewriting.declaration()
        kind = JSON if isinstance(answer, ir.Mapping) else WHOLE
        drops = (*plan.removed.drops, *plan.was.drops, *plan.stream.drops, *rewriting.drops())
        imports, claims = rewriting.imports(), (self._claim(),)
        return Fix(TITLE, tuple(sorted(edits)), Level.RESPONSE, REASON.format(kind), imports, claims, drops)

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
        lines = self.file.tree.whole_lines(node)
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
        answer = self.answer()
        if answer is None or answer.value is None:
            return Refusal("the text is returned in no place, or in more than one")
        was = self.untouched.judge(answer.value)
        if isinstance(was, Refusal):
            return was
        if was.form in (Form.OBJECT, Form.BUFFER):
            return Refusal("the answer carries more than the text", _BESIDE)
        stream = self.stream(are_joined=any("join" in one for one in was.drops))
        if stream is None:
            return _ON_THE_WAY
        bound = bound_to_request(self.file, self.frame, stream.kept)
        if bound is not None:
            return bound
        removed = self.replaced(Span(answer.start, answer.end))
        return removed if isinstance(removed, Refusal) else _Plan(removed, answer, was, stream)

    def answer(self) -> ir.Return | None:
        """The one `return` of the text."""
        answers = [item for item in self.scope.returns if item.value is not None and self._takes(item.value)]
        return answers[0] if len(answers) == 1 else None

    def delay(self) -> Delay:
        drain = self.drain
        return Delay(self.file, self.frame, Span(drain.start, drain.end), drain.source, drain.branch)

    def spans(self, removed: Removed) -> tuple[Span, ...]:
        return tuple(self.file.tree.span(node) for node in removed.statements)

    def _takes(self, value: ir.Expression) -> bool:
        if value.contains(self.drain):
            return True
        return any(isinstance(part, ir.Name) and part.id in self.derived for part in ir.walk(value))

    # What is sent

    def stream(self, *, are_joined: bool = False) -> Tokens | None:
        """The iterator that the drain takes from, as the code writes it; None where the drain does more than take.

        `are_joined`: what is collected is text, so that whatever a comprehension does to each token can stay in it.
        """
        drain = self.drain
        if drain.how is How.HELPER:
            return Tokens(f"{'await ' if drain.end in self.scope.awaited else ''}{self.file.text(drain.source)}")
        if drain.stream is not None:
            return Tokens(tokens_of(self.file, drain)) if isinstance(drain.source, _CHAIN) else None
        if drain.tokens is None or self._is_wrapped(drain.source):
            return None
        elements = Elements(self.file, drain.tokens.items)
        if drain.loop is None:
            return elements.of_iterable(drain.source, are_joined=are_joined or drain.how is How.JOIN)
        if drain.how is How.COMPREHENSION:
            return elements.of_comprehension(drain.start, drain.end, are_joined=are_joined)
        return elements.of_loop(drain.loop, self.file.text(drain.source))

    def _is_wrapped(self, source: ir.Expression) -> bool:
        """Whether the tokens pass through `map`, `enumerate` or the like, whose work cannot be put off without a look at it."""
        values = self.evaluator.value(source, self.frame)
        return any(isinstance(value, Iterated) and not value.in_thread for value in values)

    # What goes

    def replaced(self, answer: Span, *, here: bool = False, readers_follow: bool = False) -> Removed | Refusal:
        """The statements that go where the tokens are taken in place of `answer`; refuses where something is in the way."""
        delay = self.delay()
        around = delay.around(answer, here=here)
        if around is not None:
            return around
        removed = self.removed(answer)
        if isinstance(removed, Refusal):
            return removed
        moved = (*self.spans(removed), *(self.injected.set_later() if self.injected is not None else ()))
        return delay.refusal(answer, moved=moved, here=here, readers_follow=readers_follow) or removed

    def removed(self, answer: Span) -> Removed | Refusal:
        """The statements that only serve the drained text; refuses where the text is used for more than `answer`."""
        found: dict[int, cst.BaseStatement] = {}
        drops: list[str] = []
        if not answer.contains(self.drain):
            statement = self.file.tree.statement(self.drain.start, self.drain.end)
            dropped = self._stands_alone(statement) if statement is not None else None
            if statement is None or dropped is None:
                return Refusal("its statement does more than take the tokens")
            if isinstance(dropped, Refusal):
                return dropped
            found[id(statement)] = statement
            drops += dropped
        for binding in self.scope.bindings:
            if binding.name not in self.derived or binding.kind in ("merge",) or self._inside(binding, found):
                continue
            assigned = self.assignment(binding)
            if assigned is None:
                return Refusal("the text is used for more than the answer", _AFTER)
            if isinstance(assigned, Refusal):
                return assigned
            found[id(assigned[0])] = assigned[0]
            drops += assigned[1]
        removed = tuple(sorted(found.values(), key=lambda node: self.file.tree.span(node).start))
        if self._used_elsewhere(removed, answer):
            return Refusal("the text is stored, logged or passed on as well", _AFTER)
        if any(self._empties_block(node, removed) for node in removed):
            return Refusal("the block around it would be empty")
        return Removed(removed, tuple(drops))

    def _inside(self, binding: ir.Binding, found: dict[int, cst.BaseStatement]) -> bool:
        return any(
            self.file.tree.span(node).start <= binding.start and binding.end <= self.file.tree.span(node).end
            for node in found.values()
        )

    def _stands_alone(self, statement: cst.BaseStatement) -> Sequence[str] | Refusal | None:
        """The code of the statement that drains, where it does nothing else; what a loop takes is judged by its elements."""
        if self.drain.is_loop:
            return () if isinstance(statement, cst.For) else None
        bindings = [one for one in self.scope.bindings if one.value is not None and self._holds(one.value)]
        assigned = self.assignment(bindings[0]) if len(bindings) == 1 else None
        return assigned[1] if isinstance(assigned, tuple) and assigned[0] is statement else _refused(assigned)

    def _holds(self, value: ir.Expression) -> bool:
        return value.contains(self.drain)

    def assignment(self, binding: ir.Binding) -> tuple[cst.BaseStatement, Sequence[str]] | Refusal | None:
        """The statement of a binding that starts the collection empty, or makes text of it, with its code."""
        if binding.value is None or binding.path or binding.kind != "assign":
            return None
        statement = self.file.tree.statement(binding.start, binding.end)
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return None
        small = statement.body[0]
        if isinstance(small, cst.Assign):
            if len(small.targets) != 1 or not isinstance(small.targets[0].target, cst.Name):
                return None
        elif not isinstance(small, cst.AnnAssign):
            return None
        if self.untouched.is_empty(binding.value) is not None:
            return statement, (self.file.tree.text(small),)
        was = self.untouched.judge(binding.value)
        if isinstance(was, Refusal):
            return was
        annotation = (self.file.tree.text(small.annotation.annotation),) if isinstance(small, cst.AnnAssign) else ()
        return statement, (binding.name, *annotation, *was.drops)

    def _used_elsewhere(self, removed: tuple[cst.BaseStatement, ...], answer: Span) -> bool:
        if self.names_of_outer_scopes() & self.derived:
            return True
        spans = [self.file.tree.span(node) for node in removed] + [answer]
        names = [name for scope in self.scopes_inside() for name in scope.names if name.id in self.derived]
        return any(not any(s.contains(name) for s in spans) for name in names)

    def names_of_outer_scopes(self) -> set[str]:
        """The names that the handler declares `global` or `nonlocal`."""
        declared: list[cst.Global | cst.Nonlocal] = [node for node, _ in self.file.tree.within(self.scope, cst.Global)]
        declared += [node for node, _ in self.file.tree.within(self.scope, cst.Nonlocal)]
        return {item.name.value for node in declared for item in node.names}

    def scopes_inside(self) -> Iterator[ir.Scope]:
        for scope in self.file.facts.scopes:
            if self.scope.contains(scope) and scope.is_function:
                yield scope

    def free(self, words: tuple[str, ...]) -> str:
        """The first of the words that means nothing in the function or the module."""
        scopes = list(self.scopes_inside())
        taken = {name.id for scope in scopes for name in scope.names} | set(self.file.facts.summary.module.by_name)
        taken |= {word for scope in scopes for word in scope.by_name}
        return next((word for word in words if word not in taken), f"{words[0]}_to_send")

    def _empties_block(self, node: cst.BaseStatement, removed: tuple[cst.BaseStatement, ...]) -> bool:
        block = self.file.tree.siblings(node)
        if not block:
            return True
        kept = [item for item in block if not any(item is gone for gone in removed)]
        return not kept


def _refused(assigned: tuple[cst.BaseStatement, Sequence[str]] | Refusal | None) -> Refusal | None:
    return assigned if isinstance(assigned, Refusal) else None
