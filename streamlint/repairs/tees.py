"""Log a stream's text after its last token, beside sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.consumed import Consumed
from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.blocks import comments_of
from streamlint.repairs.delayed import Delay
from streamlint.source import Span
from streamlint.streams.drained import How
from streamlint.tree import nodes as cst
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_REASON = "the client receives the tokens where it received nothing, and the log gets the same text when the last one was sent"
_OWN_NAMES = ("stream", "token", "tokens")
_PURE_WORDS = ("len", "str", "repr", "list")
_PURE = frozenset(f"builtins.{name}" for name in _PURE_WORDS)
_CHANGED = Refusal("the tokens are changed, counted or shown on the way")
_NO_LOG = Refusal("the text is used for more than a log", "do that in a generator, after its last token")


def logged_at_the_end(file: PythonFile, frame: Frame, consumed: Consumed) -> Fix | Refusal:
    """A generator that keeps the tokens; refuses where the text is used for more than one log statement."""
    return _Tee(file, frame, consumed).make()


class _Tee:
    """One log statement before the response that it takes the tokens from."""

    def __init__(self, file: PythonFile, frame: Frame, consumed: Consumed) -> None:
        self.file, self.frame, self.consumed = file, frame, consumed
        self.content = consumed.sending.content
        self.taken = Span(consumed.start, consumed.end)

    def make(self) -> Fix | Refusal:
        file, consumed = self.file, self.consumed
        statement = file.tree.statement(consumed.start, consumed.end)
        answer = file.tree.statement(consumed.sending.call.start, consumed.sending.call.end)
        if statement is None or answer is None or statement not in file.tree.siblings(answer):
            return Refusal("the log and the response stand in different blocks")
        if not self._is_log(statement):
            return _NO_LOG
        function = self.content.function if isinstance(self.content, ir.Call) else self.content
        tokens = self._listed("llama_index_words", "token-generators")
        if not isinstance(function, ir.Attribute) or function.attribute not in tokens:
            return Refusal("the response does not get the tokens as they are")
        taken = self._taken()
        if taken is None:
            return _CHANGED
        if any(name in scope.by_name for scope in file.facts.scopes for name in _OWN_NAMES):
            return Refusal(f"one of the names {', '.join(f'`{name}`' for name in _OWN_NAMES)} is used already")
        span, sent = file.tree.span(statement), Span(self.content.start, self.content.end)
        delay = Delay(file, self.frame, self.taken, consumed.source, -1)
        refusal = delay.around() or delay.read_elsewhere((span, sent)) or delay.held()
        if refusal is not None:
            return refusal
        if self._changes_later(span):
            return Refusal("a name that is logged gets another value before the answer")
        return self._fix(statement, answer, *taken)

    def _is_log(self, statement: cst.BaseStatement) -> bool:
        """A call of `print` or of a logger, with nothing in it that may need the moment or the request."""
        match statement:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as node)]):
                known = self.file.expression(self.file.tree.span(node))
            case _:
                return False
        if known is None or not isinstance(known[1], ir.Call) or not self._logs(known[0], known[1]):
            return False
        inner = [one for one in ir.walk(known[1]) if one is not known[1] and not self._is_inside(one)]
        if any(isinstance(one, ir.Await | ir.Yield | ir.Walrus | ir.Closure) for one in inner):
            return False
        given = [*known[1].arguments, *(value for _, value in known[1].keywords)]
        names = [one for argument in given for one in ir.walk(argument) if isinstance(one, ir.Name)]
        if any(not self._is_inside(one) and one.bindings is None and one.id not in _PURE_WORDS for one in names):
            return False  # a proxy such as Flask's `request` means nothing after the handler
        return all(self._names(one) <= _PURE for one in inner if isinstance(one, ir.Call))

    def _logs(self, scope: ir.Scope, call: ir.Call) -> bool:
        if self._names(call) & self._listed("records", "log-functions"):
            return True
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute not in self._listed("records", "log-levels"):
            return False
        if self._makes_logger(function.base, scope):
            return True
        if not isinstance(function.base, ir.Name):
            return False
        uses = self.file.facts.uses
        owner = uses.owner(function.base.id, scope)
        made = [one.value for one in uses.bindings(function.base, scope) if one.value is not None]
        return owner is not None and bool(made) and all(self._makes_logger(one, owner) for one in made)

    def _makes_logger(self, made: ir.Expression, scope: ir.Scope) -> bool:
        function = made.function if isinstance(made, ir.Call) else made
        project = self.file.project
        names = {dotted_name(value) for value in project.evaluator.value(function, self.file.frame(scope))}
        return bool(names & self._listed("records", "loggers"))

    def _listed(self, table: str, key: str) -> frozenset[str]:
        return self.file.project.knowledge.names(table, key)

    def _names(self, call: ir.Call) -> set[str]:
        return {dotted_name(value) for value in self.file.project.evaluator.value(call.function, self.frame)}

    def _is_inside(self, one: ir.Expression) -> bool:
        return self.taken.contains(one)

    def _taken(self) -> tuple[str, tuple[str, ...]] | None:
        """What stands for the tokens in the log, and the code that is replaced; None where something else was done to them."""
        consumed, source = self.consumed, self.consumed.source
        code = self.file.source.text
        again = self.file.text(source)
        drops = (again, f"{code[consumed.start : source.start]}_{code[source.end : consumed.end]}")
        if isinstance(source, ir.Closure):
            return None
        call = next(
            (one for one in self.frame.scope.calls if (one.start, one.end) == (consumed.start, consumed.end)), None
        )
        match consumed.how:
            case How.TEXT if call is None:
                return None if code[consumed.start : consumed.end][:1] in "fF\"'" else ('"".join(tokens)', (again,))
            case How.TEXT if call is not None and len(call.arguments) == 1 and not call.keywords:
                return '"".join(tokens)', drops
            case How.CALL if call is not None and self._names(call) == {"builtins.list"} and not call.keywords:
                return "tokens", drops
            case How.JOIN if call is not None and isinstance(call.function, ir.Attribute):
                seamless = isinstance(call.function.base, ir.Constant) and call.function.base.value == ""
                return ('"".join(tokens)', (again,)) if seamless else None
        return None

    def _changes_later(self, statement: Span) -> bool:
        names = {name.id for name in self.frame.scope.names if statement.contains(name)}
        return any(one.name in names and one.start >= statement.end for one in self.frame.scope.bindings)

    def _fix(self, statement: cst.BaseStatement, answer: cst.BaseStatement, taken: str, drops: tuple[str, ...]) -> Fix:
        file, consumed, content = self.file, self.consumed, self.content
        source = file.source
        removed, before = file.tree.whole_lines(statement), file.tree.whole_lines(answer)
        line = source.slice(source.line_span(file.tree.span(answer).start))
        indent = line[: len(line) - len(line.lstrip())]
        log, offset = file.tree.text(statement), file.tree.span(statement).start
        log = log[: consumed.start - offset] + taken + log[consumed.end - offset :]
        word = "async " if isinstance(content, ir.Call) else ""
        lines = (
            f"{word}def stream():",
            "    tokens = []",
            f"    {word}for token in {file.text(content)}:",
            "        tokens.append(token)",
            "        yield token",
            *(f"    {comment}" for comment in comments_of(file, statement)),
            f"    {log}",
        )
        text = "".join(f"{indent}{one}\n" for one in lines) + "\n"
        above = removed.start if removed.end == before.start else before.start
        is_open = above == 0 or bool(source.slice(source.line_span(above - 1)).strip())
        edits = (
            Edit(removed, ""),
            Edit(Span(before.start, before.start), ("\n" if is_open else "") + text),
            Edit(Span(content.start, content.end), "stream()"),
        )
        title = "log the text after the last token"
        return Fix(title, tuple(sorted(edits)), Level.SAFE, _REASON, drops=drops)
