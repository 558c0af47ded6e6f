"""The rest of a handler as a generator: it yields each token where the loop takes it, and then does what was done with the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Import
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.absent import or_nothing
from streamlint.repairs.blocks import behind, code_of, comments_of, deeper, is_movable, stepped
from streamlint.repairs.collected import Section, Step
from streamlint.repairs.dressed import rows_of
from streamlint.repairs.elements import Elements
from streamlint.repairs.given_back import given_back
from streamlint.repairs.iterators import is_chain
from streamlint.repairs.obstacles import split_at
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.threads import threads
from streamlint.repairs.untouched import Form, Same
from streamlint.source import Span
from streamlint.streams.drained import How
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.repairs.drains import Repair

LATER = "what was done with the text before the answer is done after the last token, if the client stays until then"
_NAMES = ("stream", "generate", "stream_tokens")
_TOKENS = ("tokens", "pieces", "parts")
_TOKEN = ("token", "piece", "part")
_CHUNKS = ("chunks", "received", "token_stream")
_LISTED = frozenset((How.CALL, How.COMPREHENSION, How.UNPACKED))
_OTHERS = Refusal("the text is used for more than the answer")


@immutable
class Items:
    """What a generator yields for a token, and when all tokens are there."""

    of: Callable[[str], str] = str
    """The code of an item, by that of its token."""
    last: tuple[str, ...] = ()
    """The lines that yield the last item."""
    read: tuple[Span, ...] = ()
    """Where the code of the last item stands now."""
    gone: Span | None = None
    """A statement that only makes the old answer."""


_TOKENS_ALONE = Items()


@immutable
class Generated:
    """The generator in place of the lines that it takes over, how it is called, and what goes or is needed for it."""

    edits: tuple[Edit, ...]
    call: str
    is_async: bool
    drops: tuple[str, ...]
    imports: frozenset[Import]
    has_rest: bool
    """Whether something else than taking and yielding is done in it."""


def generated(
    repair: Repair, answer: ir.Return, sent: Span, was: Same | Refusal, items: Items = _TOKENS_ALONE
) -> Generated | Refusal:
    """A generator for the statements from the drain to the answer, which takes the place of `sent`: the text, as `was` says."""
    if isinstance(was, Refusal):
        return was
    section = Section.of(repair, answer, items.read)
    if section is None or section.ends_or_waits():
        return Refusal("what is done with the text ends the handler, waits, or stands in another block")
    return _Writing(repair, section, sent, was, items).make()


class _Writing:
    def __init__(self, repair: Repair, section: Section, sent: Span, was: Same, items: Items) -> None:
        self.repair, self.section, self.sent, self.was, self.items = repair, section, sent, was, items
        self.file, self.drain, self.tree = repair.file, repair.drain, repair.file.tree
        self.gone = [node for node in section.nodes if self.tree.span(node) == items.gone]
        """Statements that only serve the old answer."""
        self.starts: list[cst.BaseStatement] = []
        """Statements before the drain that start something empty, or at a constant, for the section alone."""
        self.hoisted = ""
        """The code of the iterable, where it does more than name it."""

    def make(self) -> Generated | Refusal:
        was = self.was
        if was.form in (Form.OBJECT, Form.BUFFER):
            return Refusal("the answer carries more than the text")
        if self.repair.injected is not None and any(
            self.section.span.contains(one) for one in self.repair.injected.uses
        ):
            return Refusal("what is set on the injected response would be set when the answer has begun")
        refusal = self._delayed() or self._starting() or self._bound()
        if refusal is not None:
            return refusal
        written = self._of_loop(was.drops) if self.drain.is_loop else self._of_call()
        if isinstance(written, Refusal):
            return written
        return self._answers() or self._made(*written, was.drops)

    # What is in the way

    def _delayed(self) -> Refusal | None:
        delay = self.repair.delay()
        places = (self.section.span, self.sent)
        return delay.around(self.sent) or delay.read_elsewhere(places) or delay.held() or self._between_steps()

    def _bound(self) -> Refusal | None:
        span, source = self.section.span, self.drain.source
        before = (Span(span.start, source.start), Span(source.end, span.end)) if self.section.nodes else ()
        file, frame = self.file, self.repair.frame
        return bound_to_request(file, frame, (*before, *self.items.read)) or given_back(file, frame, span)

    def _between_steps(self) -> Refusal | None:
        if not self.repair.scope.is_async or self.drain.is_async:
            return None
        found = split_at(self.file, self.repair.scope, Span(self.drain.start, self.drain.end))
        return Refusal(found.reason, found.way_out) if found is not None else None

    def _answers(self) -> Refusal | None:
        """A response that is made of the text and dressed before it is returned."""
        calls = (call for call in self.repair.scope.calls if self.section.span.contains(call))
        gone = [self.tree.span(node) for node in self.gone]
        made = (one for one in calls if any(rows_of(self.repair, one)) and not any(s.contains(one) for s in gone))
        return Refusal("the answer carries more than the text") if any(made) else None

    def _starting(self) -> Refusal | None:
        """Moves what starts a name that the section changes; refuses where such a name comes from elsewhere, or goes there."""
        for binding in self.section.bound_before():
            statement = self.tree.statement(binding.start, binding.end)
            if statement is None or not self._is_start(binding, statement):
                return Refusal(f"`{binding.name}` has a value before the tokens are taken")
            self.starts.append(statement)
        refusal = self._list_start()
        spans = (self.sent, *self.items.read, *(self.tree.span(node) for node in self.starts))
        names = self.section.bound() | self._kept()
        is_shared = self.section.read_outside(names, spans) or names & self.repair.names_of_outer_scopes()
        return refusal or (_OTHERS if is_shared else None)

    def _kept(self) -> frozenset[str]:
        step = self.section.step()
        return frozenset((step.name,)) if step is not None else frozenset()

    def _list_start(self) -> Refusal | None:
        """`tokens = []`, which the section changes without giving the name another value."""
        step = self.section.step()
        if step is None or step.name in self.section.bound():
            return None
        made = [one for one in self.repair.scope.bindings if one.name == step.name and one.kind != "merge"]
        statement = self.tree.statement(made[0].start, made[0].end) if len(made) == 1 else None
        if statement is None or not self._is_start(made[0], statement):
            return Refusal(f"`{step.name}` has a value before the tokens are taken")
        self.starts.append(statement)
        return None

    def _is_start(self, binding: ir.Binding, statement: cst.BaseStatement) -> bool:
        value = binding.value
        if binding.kind != "assign" or binding.path or value is None or binding.start > self.drain.start:
            return False
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return False
        if statement not in self.tree.siblings(self.section.nodes[0]):
            return False
        if isinstance(small := statement.body[0], cst.Assign) and len(small.targets) != 1:
            return False
        if not is_movable(self.file, self.tree.span(statement)):
            return False
        return isinstance(value, ir.Constant) or self.repair.untouched.is_empty(value) is not None

    # A loop

    def _of_loop(self, wrapping: tuple[str, ...]) -> tuple[list[Edit], list[str], tuple[str, ...]] | Refusal:
        step = self.section.step()
        if step is None:
            return Refusal("the tokens reach the text in more than one place")
        is_text = self._starts_as_text(step)
        if self.section.is_changed(step, is_text=is_text):
            return Refusal("the text is changed on the way")
        if not is_text and not any("join" in one for one in wrapping) and not self._is_token(step):
            return Refusal("what is collected is no text")
        self._drop_wrapping(step.name)
        gone = [self.tree.span(node) for node in self.gone]
        is_used = any(
            name.id == step.name and not step.statement.contains(name) and not any(span.contains(name) for span in gone)
            for name in self.section.names()
        )
        edits, drops = self._yielding(step, is_used)
        loop = self.drain.loop
        node = self.tree.loop_node(loop) if loop is not None else None
        if node is not None:
            edits += self._advanced(node)
        return edits, [], drops

    def _starts_as_text(self, step: Step) -> bool:
        made = [one for one in self.repair.scope.bindings if one.name == step.name and one.kind == "assign"]
        values = [one.value for one in made if not self.section.span.contains(one)]
        return all(one is not None and self.repair.untouched.is_empty(one) is Form.TEXT for one in values)

    def _is_token(self, step: Step) -> bool:
        """Whether what is added to a list is the text of a token."""
        assert self.drain.loop is not None
        node = self.tree.loop_node(self.drain.loop)
        items = self.drain.tokens.items if self.drain.tokens is not None else "text"
        if node is None or not isinstance(node.target, cst.Name):
            return False
        elements = Elements(self.file, items)
        nodes = self.tree.nodes_at(step.element.start, step.element.end)
        found = (one for one in nodes if isinstance(one, cst.BaseExpression))
        return any(elements.is_text(one, node.target.value) for one in found)

    def _yielding(self, step: Step, is_used: bool) -> tuple[list[Edit], tuple[str, ...]]:
        code, added = self.file.text(step.statement), self.file.text(step.element)
        if not is_used:
            self.starts = [node for node in self.starts if not self._starts_name(node, step.name)]
            around = code.replace(added, "_", 1) if code.count(added) == 1 else code
            item = or_nothing(self.file, step.element) if step.is_plain else added
            return [Edit(step.statement, f"yield {self.items.of(item)}")], (around, f"{step.name} = _")
        if step.is_plain:
            return [self._behind(step, self.items.of(added))], ()
        name = self.repair.free(_TOKEN)
        kept = code.replace(added, name, 1)
        lines = f"{name} = {added}\n{self._indent(step.statement.start)}{kept}"
        return [Edit(step.statement, lines), self._behind(step, self.items.of(name))], ()

    def _behind(self, step: Step, item: str) -> Edit:
        """A yield below what adds the token to the others."""
        node = self.tree.statement(step.statement.start, step.statement.end)
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
            return behind(self.file, node, f"yield {item}")
        end = step.statement.end
        return Edit(Span(end, end), f"\n{self._indent(step.statement.start)}yield {item}")

    def _starts_name(self, node: cst.BaseStatement, name: str) -> bool:
        made = next(one for one in self.repair.scope.bindings if self.tree.span(node).contains(one))
        if made.name == name:
            self.gone.append(node)
        return made.name == name

    def _advanced(self, node: cst.For) -> list[Edit]:
        """`for` over a synchronous stream in a coroutine function: it is advanced in a thread, and the rest stays on the loop."""
        needed, iterable = self._needed(), self.tree.span(node.iter)
        code = self.file.text(iterable)
        written = self._made_before(code)
        if needed is None:
            return [Edit(iterable, written)] if written != code else []
        start = self.tree.span(node).start
        return [Edit(Span(start, start), "async "), Edit(iterable, f"{needed.name}({written})")]

    def _made_before(self, code: str) -> str:
        """What a loop runs over; what asks for it stays in the handler, which answers for its errors."""
        if is_chain(self.drain.source):
            return code
        self.hoisted = code
        return self.repair.free(_CHUNKS)

    def _needed(self) -> Import | None:
        """What advances the iterator in a thread, where the handler is a coroutine function and the stream is not."""
        if not self.repair.scope.is_async or self.is_stream_async():
            return None
        return threads(self.file).iterate_import

    def is_stream_async(self) -> bool:
        stream = self.drain.stream
        return stream.is_async if stream is not None else self.drain.is_async

    # A call

    def _of_call(self) -> tuple[list[Edit], list[str], tuple[str, ...]] | Refusal:
        stream = self.repair.stream()
        known = self.repair.untouched.judge_drain()
        if stream is None or isinstance(known, Refusal) or self.drain.how is How.METHOD or known.form is Form.OBJECT:
            return Refusal("the tokens are changed, counted or shown on the way")
        place = Span(self.drain.start, self.drain.end)
        code = self.file.source.text
        if self.drain.how is How.CALL and not code.startswith(("list(", "tuple(", '"".join('), place.start):
            return Refusal("the tokens are taken in another thread")
        self._drop_wrapping("")
        own = self._own_list()
        tokens, token = own or self.repair.free(_TOKENS), self.repair.free(_TOKEN)
        needed, iterable = self._needed(), self._made_before(stream.text)
        word = "async " if self.is_stream_async() or needed is not None else ""
        iterable = f"{needed.name}({iterable})" if needed is not None else iterable
        if self._is_unread():
            is_given_on = not word and self.items.of(token) == token
            loop = [f"{word}for {token} in {iterable}:", f"    yield {self.items.of(token)}"]
            edits = [Edit(self.repair.lines_of(node), "") for node in self.section.nodes[:1]]
            comments = [one for node in self.section.nodes[:1] for one in comments_of(self.file, node)]
            head = [*comments, *([f"yield from {iterable}"] if is_given_on else loop)]
            return edits, head, (*stream.drops, *known.drops, self.file.text(self.drain.source))
        head = [
            f"{tokens} = []",
            f"{word}for {token} in {iterable}:",
            f"    {tokens}.append({token})",
            f"    yield {self.items.of(token)}",
        ]
        text = tokens if known.form is Form.PIECES else f'"".join({tokens})'
        if own:
            place, text = self.repair.lines_of(self.section.nodes[0]), ""
            head = [*comments_of(self.file, self.section.nodes[0]), *head]
        source = self.file.text(self.drain.source)
        return [Edit(place, text)], head, (*stream.drops, *known.drops, source)

    def _is_unread(self) -> bool:
        """Whether the name that the text is given is only read by the answer, and its statement does nothing else."""
        if not self.section.nodes:
            return True
        first = self.section.nodes[0]
        made = [
            one for one in self.repair.scope.bindings if self.tree.span(first).contains(one) and one.kind != "merge"
        ]
        if len(made) != 1 or not isinstance(self.repair.assignment(made[0]), tuple):
            return False
        return not self._is_read_in_section(made[0].name)

    def _own_list(self) -> str:
        """The name in `tokens = list(...)`, or "" where its statement does anything else."""
        place = Span(self.drain.start, self.drain.end)
        match next(iter(self.section.nodes), None):
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
            ) if self.tree.span(value) == place and not value.lpar and self.drain.how in _LISTED:
                return name
        return ""

    # The text

    def _drop_wrapping(self, step: str) -> None:
        """Statements such as `answer = {"answer": text}` that only the answer reads."""
        for node in reversed(self.section.nodes):
            span = self.tree.span(node)
            made = [one for one in self.repair.scope.bindings if span.contains(one) and one.kind != "merge"]
            if len(made) != 1 or made[0].value is None or made[0].path or made[0].kind != "assign":
                continue
            if (
                not isinstance(node, cst.SimpleStatementLine)
                or made[0].name == step
                or made[0].value.contains(self.drain)
            ):
                continue
            if isinstance(self.repair.untouched.judge(made[0].value), Refusal) or self._is_read_in_section(
                made[0].name
            ):
                continue
            self.gone.append(node)

    def _is_read_in_section(self, word: str) -> bool:
        gone = [self.tree.span(node) for node in self.gone]
        return any(n.id == word and not any(span.contains(n) for span in gone) for n in self.section.names())

    def _indent(self, at: int) -> str:
        line = self.file.source.slice(self.file.source.line_span(at))
        return line[: len(line) - len(line.lstrip())]

    def _made(
        self, inner: list[Edit], head: list[str], drops: tuple[str, ...], was: tuple[str, ...]
    ) -> Generated | Refusal:
        section, source, needed = self.section, self.file.source, self._needed()
        is_async = self.is_stream_async() or needed is not None
        if self.repair.scope.is_async and not is_async and self._rest(head):
            return Refusal("what is done with the text would run in a thread")
        first = section.lines.start
        last = section.lines.end
        inner += [Edit(self.repair.lines_of(node), "") for node in self.gone if first <= self.tree.span(node).start]
        indent = self._indent(section.span.start)
        body = code_of(self.file, Span(first, last), inner)
        name = self.repair.free(_NAMES)
        step = self.tree.piece(section.span.start).module.default_indent
        places = sorted(self.tree.whole_lines(node) for node in self.starts)
        text = "".join(code_of(self.file, place) for place in places)
        text += "".join(f"{indent}{stepped(line, step)}\n" for line in head)
        text += body + "".join(f"{indent}{line}\n" for line in self.items.last)
        text = deeper(text, step)
        above = source.slice(source.line_span(first - 1)).strip() if first else ""
        gap = "\n" if self.hoisted or (above and not above.endswith(":")) else ""
        after = "" if source.text[last:].startswith(("\n", "\r\n")) else "\n"
        made = f"{indent}{self.repair.free(_CHUNKS)} = {self.hoisted}\n" if self.hoisted else ""
        written = f"{made}{gap}{indent}{'async ' if is_async else ''}def {name}():\n{text.rstrip()}\n{after}"
        written = written.replace("\r\n", "\n").replace("\n", source.newline)
        before = [node for node in (*self.starts, *self.gone) if self.tree.span(node).start < first]
        edits = [Edit(self.repair.lines_of(node), "") for node in before]
        edits.append(Edit(Span(first, last), written))
        gone = tuple(self.tree.text(node) for node in self.gone)
        imports = frozenset((needed,)) if needed is not None else frozenset[Import]()
        return Generated(tuple(sorted(edits)), f"{name}()", is_async, (*drops, *was, *gone), imports, self._rest(head))

    def _rest(self, head: list[str]) -> bool:
        """Whether statements follow the loop, or the loop does more than one thing."""
        loop = self.tree.loop_node(self.drain.loop) if self.drain.loop is not None else None
        kept = [node for node in self.section.nodes if node not in self.gone]
        if head or len(kept) > 1:
            return True
        return loop is not None and len(loop.body.body) > 1
