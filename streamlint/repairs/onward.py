"""Each token given on where it is taken, for a function that collects tokens and gives the text to one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Import
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.absent import or_nothing
from streamlint.repairs.collected import Step, added_by
from streamlint.repairs.drains import Removed, Repair
from streamlint.repairs.iterators import is_chain
from streamlint.repairs.obstacles import split_at
from streamlint.repairs.threads import threads
from streamlint.repairs.untouched import Form
from streamlint.source import Placed, Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.repairs.elements import Tokens

_TOKENS = ("token", "piece", "part")
_TEXTS = ("text", "answer", "so_far")
_CHUNKS = ("chunks", "received", "token_stream")
_PIECES = ("piece", "part", "text_to_send")
_CHANGED = Refusal("the tokens are changed, counted or shown on the way")


@immutable
class Passed:
    """The loop that gives each token on, with the collecting where somebody else reads the text."""

    edits: tuple[Edit, ...]
    drops: tuple[str, ...]
    imports: frozenset[Import]


@immutable
class Given:
    """What is done with each token, `before` the first, and `after` the last in place of what was done with the text."""

    act: Callable[[str], str]
    """Writes the statement for a token, or, if it `grows`, for the text so far."""
    before: str = ""
    after: tuple[str, ...] = ()
    grows: bool = False
    forms: tuple[Form, ...] = (Form.TEXT,)
    """In which forms the text may have been given away."""
    asks_first: bool = False
    """Whether the stream is asked for before `before`, so that its errors are answered as they were."""


class Onward:
    """The way of a text from where it is collected to the statement of `sent`, which gives it away; `part` is the text in it."""

    def __init__(self, repair: Repair, sent: Placed, part: ir.Expression) -> None:
        self.repair, self.sent, self.part = repair, sent, part
        self.file, self.tree, self.drain = repair.file, repair.file.tree, repair.drain

    def passed(self, given: Given) -> Passed | Refusal:
        refusal = self._in_the_way(given)
        if refusal is not None:
            return refusal
        known = self._gone()
        gone = None if given.grows else known
        made = self._of_loop(given, gone) if self.drain.is_loop else self._of_call(given, gone)
        if isinstance(made, Refusal):
            return made
        edits, drops = made
        first = self._first()
        if gone is not None:
            others = [node for node in gone.statements if node is not first]
            edits += [Edit(self.repair.lines_of(node), "") for node in others]
            drops += list(gone.drops)
        elif known is not None:
            start = self.tree.span(first).start
            edits += [
                Edit(self.repair.lines_of(node), "") for node in known.statements if self.tree.span(node).start > start
            ]
            drops += list(known.drops)
        if given.before and self.drain.is_loop:
            at, asked = self.file.source.line_span(self.tree.span(first).start).start, self._asked(given)
            loop = self.tree.loop_node(self.drain.loop) if self.drain.loop is not None else None
            code = self.tree.text(loop.iter) if loop is not None else ""
            before = [f"{asked} = {code}"] * bool(asked) + [given.before]
            lines = "".join(f"{self._indent(first)}{line}{self.file.source.newline}" for line in before)
            edits.append(Edit(Span(at, at), lines))
        edits += self._sent(given)
        needed = self._needed()
        return Passed(tuple(edits), tuple(drops), frozenset((needed,)) if needed is not None else frozenset())

    def _sent(self, given: Given) -> list[Edit]:
        """What stands in place of the statement that gave the text away, unless it is the one that takes the tokens."""
        statement = self.tree.statement(self.sent.start, self.sent.end)
        assert statement is not None
        if self._is_sent_at_once():
            return []
        if not given.after:
            return [Edit(self.repair.lines_of(statement), "")]
        line = f"{self.file.source.newline}{self._indent(statement)}"
        return [Edit(self.tree.span(statement), line.join(given.after))]

    def _is_sent_at_once(self) -> bool:
        return self.tree.span(self._first()).contains(self.sent)

    def _gone(self) -> Removed | None:
        """The statements that only serve the text, where nobody else reads it."""
        removed = self.repair.removed(Span(self.sent.start, self.sent.end))
        loop, step = self.drain.loop, self._step() if self.drain.is_loop else None
        if isinstance(removed, Refusal) or loop is None or step is None:
            return removed if isinstance(removed, Removed) else None
        inside = [one for one in self.repair.scope.names if one.id == step.name and loop.start <= one.start < loop.end]
        return removed if all(step.statement.contains(one) for one in inside) else None

    def _first(self) -> cst.BaseStatement:
        statement = self.tree.statement(self.drain.start, self.drain.end)
        assert statement is not None
        return statement

    # What is in the way

    def _in_the_way(self, given: Given) -> Refusal | None:
        first, last = self._first(), self.tree.statement(self.sent.start, self.sent.end)
        was = self.repair.untouched.judge(self.part)
        if isinstance(was, Refusal):
            return was
        if was.form not in given.forms:
            return Refusal("more than the text is given on")
        block = list(self.tree.siblings(first))
        if last is None or last not in block:
            return Refusal("the text is collected in another block than the one that gives it on")
        between = Span(self.tree.span(first).end, self.tree.span(last).start)
        if first is not last and self.tree.within(
            between, cst.Return, cst.Raise, cst.Continue, cst.Break, cst.Assert, cst.Yield
        ):
            return Refusal("it may be decided on the whole text whether it is given on")
        delay = self.repair.delay()
        span, place = self.tree.span(first), Span(self.sent.start, self.sent.end)
        return delay.around(place, here=True) or delay.read_elsewhere((span, place)) or self._held()

    def _held(self) -> Refusal | None:
        """A plain loop in a coroutine function is advanced in a thread, if the framework has something for that."""
        if not self._is_held():
            return None
        if threads(self.file).iterate_import is None:
            return Refusal("the tokens hold the event loop", "start the stream with the asynchronous method")
        found = split_at(self.file, self.repair.scope, Span(self.drain.start, self.drain.end))
        return Refusal(found.reason, found.way_out) if found is not None else None

    def _is_held(self) -> bool:
        return self.repair.scope.is_async and not self.repair.is_async()

    def _needed(self) -> Import | None:
        return threads(self.file).iterate_import if self._is_held() else None

    # A loop

    def _of_loop(self, given: Given, gone: Removed | None) -> tuple[list[Edit], list[str]] | Refusal:
        loop, step = self.drain.loop, self._step()
        assert loop is not None
        node = self.tree.loop_node(loop)
        if step is None or node is None:
            return _CHANGED
        added, line = self.file.text(step.element), self._indent_at(step.statement.start)
        newline = self.file.source.newline
        edits = self._advanced(node, given)
        if gone is not None:
            around = f"{self.file.text(Span(step.statement.start, step.element.start))}_"
            around += self.file.text(Span(step.element.end, step.statement.end))
            return [*edits, Edit(step.statement, given.act(self._added(step)))], [around]
        if step.is_plain or given.grows:
            act = given.act(self._so_far(step) if given.grows else self._added(step))
            return [*edits, Edit(Span(step.statement.end, step.statement.end), f"{newline}{line}{act}")], []
        name = self.repair.free(_TOKENS)
        kept = self.file.text(step.statement).replace(added, name, 1)
        lines = (f"{name} = {added}", kept, given.act(name))
        return [*edits, Edit(step.statement, f"{newline}{line}".join(lines))], []

    def _so_far(self, step: Step) -> str:
        match self._form(step):
            case Form.PIECES:
                return f'"".join({step.name})'
            case Form.BUFFER:
                return f"{step.name}.getvalue()"
        return step.name

    def _step(self) -> Step | None:
        """The one statement of the loop that collects; None where the text has other parts too."""
        loop = self.drain.loop
        assert loop is not None
        found = []
        for small, span in self.tree.within(Span(loop.body_start, loop.end), cst.AugAssign, cst.Expr, cst.Assign):
            added = added_by(small)
            if added is not None and added[0] in self.drain.kept:
                plain = isinstance(added[1], cst.Name | cst.Attribute)
                found.append(Step(added[0], span, self.tree.span(added[1]), plain))
        bound = [
            one
            for one in self.repair.scope.bindings
            if found and one.name == found[0].name and loop.body_start <= one.start < loop.end and one.kind != "merge"
        ]
        if len(found) != 1 or any(not found[0].statement.contains(one) for one in bound):
            return None
        return found[0] if self._form(found[0]) is not None else None

    def _form(self, step: Step) -> Form | None:
        """What is added to: a text, or pieces of which a text is made afterwards, that starts empty."""
        made = [one for one in self.repair.scope.bindings if one.name == step.name and one.start < self.drain.start]
        forms = {self.repair.untouched.is_empty(one.value) for one in made if one.value is not None}
        return forms.pop() if len(forms) == 1 else None

    def _advanced(self, node: cst.For, given: Given) -> list[Edit]:
        needed, iterable, asked = self._needed(), self.tree.span(node.iter), self._asked(given)
        if needed is None:
            return [Edit(iterable, asked)] if asked else []
        start = self.tree.span(node).start
        taken = f"{needed.name}({asked or self.file.text(iterable)})"
        return [Edit(Span(start, start), "async "), Edit(iterable, taken)]

    def _asked(self, given: Given) -> str:
        """The name for the stream, where it is asked for in the head of the loop and is to be asked for before."""
        return self.repair.free(_CHUNKS) if given.asks_first and not is_chain(self.drain.source) else ""

    # A call

    def _of_call(self, given: Given, gone: Removed | None) -> tuple[list[Edit], list[str]] | Refusal:
        stream, first = self.repair.stream(are_joined=True), self._first()
        if stream is None:
            return _CHANGED
        is_sent = self._is_sent_at_once()
        named = None if gone is not None or is_sent else self._named(first)
        if gone is None and not is_sent and named is None:
            return Refusal("its statement does more than take the tokens")
        kept = named[0] if named is not None else self.repair.free(_TEXTS) if given.grows else ""
        asked = self._asked(given)
        lines = [f"{asked} = {self._taken(stream)[1]}"] if asked else []
        lines += [given.before] if given.before else []
        lines += [f'{kept} = ""'] if kept else []
        lines += self._loop(given, stream, kept)
        lines += given.after if is_sent else ()
        text = f"{self.file.source.newline}{self._indent(first)}".join(lines)
        drops = [*stream.drops, self.file.text(self.drain.source), *([named[1]] if named is not None else [])]
        return [Edit(self.tree.span(first), text)], drops

    def _loop(self, given: Given, stream: Tokens, kept: str) -> list[str]:
        """The loop over the tokens, which are collected under the name `kept`."""
        item, iterable, token = self._taken(stream)
        iterable = self._advancing(self._asked(given) or iterable)
        body: list[str] = []
        if kept and token != item and not given.grows:
            name = self.repair.free(_PIECES)
            body, token = [f"{name} = {token}"], name
        body += [f"{kept} += {token}"] if kept else []
        body += [given.act(kept if given.grows else token)]
        return [f"{self._word()}for {item} in {iterable}:", *(f"{self._step_in()}{line}" for line in body)]

    def _named(self, first: cst.BaseStatement) -> tuple[str, str] | None:
        """The name that the statement of the drain gives the text, and its old value."""
        made = [one for one in self.repair.scope.bindings if one.value is not None and one.value.contains(self.drain)]
        if len(made) != 1 or made[0].value is None or made[0].path or made[0].kind != "assign":
            return None
        was = self.repair.untouched.judge(made[0].value)
        if isinstance(was, Refusal) or was.form is not Form.TEXT:
            return None
        is_line = isinstance(first, cst.SimpleStatementLine) and len(first.body) == 1
        plain = is_line and self.tree.span(first).start == made[0].start
        return (made[0].name, self.file.text(made[0].value)) if plain else None

    def _taken(self, stream: Tokens) -> tuple[str, str, str]:
        """The name of an item, what is iterated over, and the text of an item: as in the comprehension that goes, if it is one."""
        place = Span(self.drain.start, self.drain.end)
        nodes = [node for node, _ in self.tree.within(place, cst.ListComp, cst.GeneratorExp)]
        node = nodes[0] if len(nodes) == 1 else None
        if node is None or not isinstance(target := node.for_in.target, cst.Name):
            return (name := self.repair.free(_TOKENS)), stream.text, name
        uses = [one for scope in self.repair.scopes_inside() for one in scope.names if one.id == target.value]
        item = target.value if all(place.contains(one) for one in uses) else self.repair.free(_TOKENS)
        if item != target.value or node.for_in.ifs or node.for_in.inner_for_in is not None:
            return item, stream.text, item
        return item, self.tree.text(node.for_in.iter), self.tree.text(node.elt)

    def _word(self) -> str:
        return "async " if self.repair.scope.is_async else ""

    def _advancing(self, iterable: str) -> str:
        needed = self._needed()
        return f"{needed.name}({iterable})" if needed is not None else iterable

    # Words

    def _added(self, step: Step) -> str:
        return or_nothing(self.file, step.element) if step.is_plain else self.file.text(step.element)

    def _step_in(self) -> str:
        return self.tree.piece(self.drain.start).module.default_indent

    def _indent(self, node: cst.BaseStatement) -> str:
        return self._indent_at(self.tree.span(node).start)

    def _indent_at(self, at: int) -> str:
        line = self.file.source.slice(self.file.source.line_span(at))
        return line[: len(line) - len(line.lstrip())]
