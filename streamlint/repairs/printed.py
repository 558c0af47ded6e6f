"""A handler that prints the tokens, and answers nothing or the same text afterwards: a generator prints and yields each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.absent import or_nothing
from streamlint.repairs.announced import Announced
from streamlint.repairs.blocks import behind, code_of, comments_of, deeper
from streamlint.repairs.drains import REASON, WHOLE, Repair
from streamlint.repairs.elements import Elements, path_of
from streamlint.repairs.iterators import is_chain
from streamlint.repairs.obstacles import split_at
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.threads import threads
from streamlint.repairs.untouched import Form
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.tree import nodes as cst
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.serving import Entry
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_TITLE = "print and yield each token in a generator, and return a stream of it"
_NOTHING = "the client receives the tokens, where it received an answer without them"
_METHOD = "print_response_stream"
_REFUSAL = Refusal("more is done than to print the tokens")


def printed_stream(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """Refuses where anything else is done with a token, or where something follows but the answer of the same text."""
    repair = Repair(file, frame, drain)
    preferred = repair.preferred(entry)
    if isinstance(preferred, Refusal):
        return preferred
    return _Printing(repair, preferred).make()


class _Printing:
    """The statement that prints, the last of the handler or the one before its answer."""

    def __init__(self, repair: Repair, preferred: Preferred) -> None:
        self.repair, self.preferred = repair, preferred
        self.file, self.tree, self.scope = repair.file, repair.file.tree, repair.scope
        self.printing = repair.drain if _prints(repair.drain) else self._before()

    def _before(self) -> Drain:
        """The call that prints the same stream before its text is asked for; the drain itself where there is none."""
        drain, text = self.repair.drain, self.file.text
        others = self.file.project.ask(Drains).in_frame(self.repair.frame)
        same = (one for one in others if _prints(one) and text(one.source) == text(drain.source))
        return next((one for one in same if one.start < drain.start), drain)

    def make(self) -> Fix | Refusal:
        statement = self.tree.statement(self.printing.start, self.printing.end)
        definition = self.tree.definition(self.scope)
        block = list(self.tree.siblings(statement)) if statement is not None else []
        if statement is None or definition is None or not block or block[-1] is not definition.body.body[-1]:
            return _REFUSAL
        rest = block[block.index(statement) + 1 :]
        answer = self._answer(rest)
        if isinstance(answer, Refusal):
            return answer
        refusal = self._in_the_way(answer)
        written = self._loop(statement) if refusal is None else refusal
        return written if isinstance(written, Refusal) else self._fix(statement, answer, *written)

    def _answer(self, rest: list[cst.BaseStatement]) -> ir.Return | Refusal | None:
        """The answer of the text that was printed, None where nothing follows."""
        given = [one for one in self.scope.returns if one.value is not None]
        if not rest:
            return None if not given else _REFUSAL
        node = rest[0]
        known = [one for one in given if self.tree.statement(one.start, one.end) is node]
        if len(rest) != 1 or len(given) != 1 or not known or known[0].value is None or self.printing.is_loop:
            return _REFUSAL
        return known[0] if self._is_its_text(known[0].value) else _REFUSAL

    def _is_its_text(self, value: ir.Expression) -> bool:
        """Whether an answer is `str(response)` of the printed stream, in whatever wrapping leaves it alone."""
        text = self.file.text
        drains = self.file.project.ask(Drains).in_frame(self.repair.frame)
        inside = [one for one in drains if value.contains(one) and one.how is How.TEXT]
        if len(inside) != 1 or text(inside[0].source) != text(self.printing.source):
            return False
        was = Repair(self.file, self.repair.frame, inside[0]).untouched.judge(value)
        return not isinstance(was, Refusal) and was.form in (Form.TEXT, Form.ANSWER)

    def _in_the_way(self, answer: ir.Return | None) -> Refusal | None:
        printing, file = self.printing, self.file
        own = Repair(file, self.repair.frame, printing)
        statement = self.tree.statement(printing.start, printing.end)
        places = [self.tree.span(statement)] if statement is not None else []
        places += [Span(answer.start, answer.end)] if answer is not None else []
        delay = own.delay()
        refusal = (
            delay.read_elsewhere(places) or delay.held() or bound_to_request(file, self.repair.frame, tuple(places[:1]))
        )
        if refusal is None and self._needed() is not None:
            found = split_at(file, self.scope, Span(printing.start, printing.end))
            refusal = Refusal(found.reason, found.way_out) if found is not None else None
        return refusal or Announced(file, self.repair.frame, self.preferred, self.repair.untouched).refusal()

    def _needed(self) -> Import | None:
        is_async = Repair(self.file, self.repair.frame, self.printing).is_async()
        return threads(self.file).iterate_import if self.scope.is_async and not is_async else None

    # The loop

    def _loop(self, statement: cst.BaseStatement) -> tuple[str, str, bool] | Refusal:
        """What is asked for before, the lines of the loop, and whether it waits for each token."""
        drain, text = self.printing, self.file.text
        is_async = Repair(self.file, self.repair.frame, drain).is_async()
        needed = self._needed()
        if self.scope.is_async and not is_async and needed is None:
            return Refusal("the tokens hold the event loop", "start the stream with the asynchronous method")
        iterable = f"{text(drain.source)}.response_gen"
        if isinstance(statement, cst.For):
            iterable = self.tree.text(statement.iter)
        asked = "" if is_chain(drain.source) else f"{self._free('chunks')} = {iterable}"
        iterable = asked.partition(" = ")[0] or iterable
        iterable = f"{needed.name}({iterable})" if needed is not None else iterable
        waits = is_async or needed is not None
        if isinstance(statement, cst.For):
            written = self._loop_kept(statement, iterable)
        else:
            written = self._loop_made(statement, iterable, waits)
        return _REFUSAL if written is None else (asked, written, waits)

    def _loop_kept(self, node: cst.For, iterable: str) -> str | None:
        """The loop with another iterable, and a yield behind the print."""
        given = self._given(node)
        if given is None or not isinstance(node.body, cst.IndentedBlock):
            return None
        edits = [Edit(self.tree.span(node.iter), iterable), behind(self.file, node.body.body[0], f"yield {given}")]
        if self._needed() is not None:
            start = self.tree.span(node).start
            edits.append(Edit(Span(start, start), "async "))
        return code_of(self.file, self.tree.whole_lines(node), edits)

    def _loop_made(self, statement: cst.BaseStatement, iterable: str, waits: bool) -> str | None:
        """A loop in place of the call that prints all tokens."""
        if self.tree.text(statement) != self._call():
            return None
        token, step = self._free("token"), self._step(statement)
        head = f"{'async ' if waits else ''}for {token} in {iterable}:"
        lines = [head, f'{step}print({token}, end="", flush=True)', f"{step}yield {token}"]
        return self._lines(statement, (*comments_of(self.file, statement), *lines))

    def _call(self) -> str:
        return f"{self.file.text(self.printing.source)}.{_METHOD}()"

    def _given(self, node: cst.For) -> str | None:
        """What of a token is printed; None where the loop does more, or where that is no text."""
        if node.orelse is not None or not isinstance(node.target, cst.Name) or len(node.body.body) != 1:
            return None
        known = self.file.expression(self.tree.span(node.body.body[0]))
        call = known[1] if known is not None else None
        if not isinstance(call, ir.Call) or not call.arguments:
            return None
        names = {dotted_name(value) for value in self.repair.evaluator.value(call.function, self.repair.frame)}
        made = [one for one in ir.walk(call) if isinstance(one, ir.Call) and one is not call]
        if names != {"builtins.print"} or made:
            return None
        items = self.printing.tokens.items if self.printing.tokens is not None else "text"
        first = call.arguments[0]
        nodes = (one for one in self.tree.nodes_at(first.start, first.end) if isinstance(one, cst.BaseExpression))
        element = next(nodes, None)
        if element is None or path_of(element, node.target.value) is None:
            return None
        if not Elements(self.file, items).is_text(element, node.target.value):
            return None
        return or_nothing(self.file, Span(first.start, first.end))

    def _free(self, word: str) -> str:
        taken = {name.id for scope in self.repair.scopes_inside() for name in scope.names}
        taken |= {name for scope in self.repair.scopes_inside() for name in scope.by_name}
        return word if word not in taken | set(self.file.facts.summary.module.by_name) else f"{word}_to_send"

    # The edit

    def _fix(self, statement: cst.BaseStatement, answer: ir.Return | None, asked: str, loop: str, waits: bool) -> Fix:
        file = self.file
        lines = self.tree.whole_lines(statement)
        was = answer or ir.Return(lines.start, lines.end, -1, None)
        rewriting = Rewriting(file, self.repair.frame, self.preferred, was)
        old = answer.value if answer is not None else None
        name = self._free("stream")
        returned = f"return {rewriting.call(f'{name}()', self.repair.keywords(old) if old is not None else ())}"
        generator = self._generator(statement, f"{'async ' if waits else ''}def {name}():", asked, loop)
        last = self._lines(statement, (returned,)) if answer is None else ""
        if not file.source.slice(lines).endswith("\n"):
            last = last.removesuffix(file.source.newline)
        edits = [Edit(lines, f"{generator}{last}")]
        edits += [Edit(Span(answer.start, answer.end), returned)] if answer is not None else []
        edits += rewriting.declaration()
        needed = self._needed()
        imports = rewriting.imports() | (frozenset((needed,)) if needed is not None else frozenset())
        drops = (self._call(), *((file.text(old),) if old is not None else ()), *rewriting.drops())
        reason, claims = (
            _NOTHING if answer is None else REASON.format(WHOLE),
            (Span(self.printing.start, self.printing.end),),
        )
        return Fix(_TITLE, tuple(sorted(edits)), Level.RESPONSE, reason, imports, claims, drops)

    def _generator(self, statement: cst.BaseStatement, head: str, asked: str, loop: str) -> str:
        source, start = self.file.source, self.tree.whole_lines(statement).start
        above = source.slice(source.line_span(start - 1)).strip() if start else ""
        before = [""] if above and not above.endswith(":") else []
        before += [asked, ""] if asked else []
        return self._lines(statement, (*before, head)) + deeper(loop, self._step(statement)) + source.newline

    def _lines(self, statement: cst.BaseStatement, lines: Iterable[str]) -> str:
        """Lines in the block of a statement."""
        source = self.file.source
        indent = source.indent(self.tree.span(statement).start)
        return "".join(f"{indent}{line}".rstrip() + source.newline for line in lines)

    def _step(self, statement: cst.BaseStatement) -> str:
        return self.tree.piece(self.tree.span(statement).start).module.default_indent


def _prints(drain: Drain) -> bool:
    return drain.how is How.LOOP or drain.how is How.METHOD
