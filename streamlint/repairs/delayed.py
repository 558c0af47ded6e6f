"""Whether the tokens of a stream may be taken later than now: nothing waits for the last one, nobody else reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive
from streamlint.model.uses import Use, Uses
from streamlint.refusals import Refusal
from streamlint.repairs.given_back import given_back
from streamlint.serving.holders import Holders
from streamlint.source import Span
from streamlint.values import Values
from streamlint.values.domain import Coroutine, Generated, Iterated, Llama, Tokens, dotted_name
from streamlint.values.llama import STREAM_ROLES

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_LOOKS = frozenset(("builtins.isinstance", "builtins.hasattr", "builtins.type"))
_AFTER = "do that in a generator, after its last token"
_WITH = Refusal("the stream would outlive the `with` block around it", "open the `with` block in a generator")
_TRY = Refusal(
    "the `try` around it would no longer see the errors of the stream",
    "put the `try` into a generator that yields the tokens",
)
_LOOP = Refusal(
    "the tokens are taken in a loop of something else", "yield the tokens in a generator that holds the loop"
)
_BRANCH = Refusal("the tokens are taken in one branch only", "return a stream in each branch")


_BLOCKS: dict[type[ir.Statement], Refusal] = {
    ir.With: _WITH,
    ir.Try: _TRY,
    ir.Loop: _LOOP,
    ir.While: _LOOP,
    ir.If: _BRANCH,
    ir.Match: _BRANCH,
}
_ENDING = ("raise", "assert", "delete")


class Delay:
    """The way from where tokens are taken (`start` to `end`, from `source`) to where they are to be sent."""

    def __init__(self, file: PythonFile, frame: Frame, taken: Span, source: ir.Expression, branch: int) -> None:
        self.file, self.frame, self.taken, self.source, self.branch = file, frame, taken, source, branch
        self.scope = frame.scope
        self.evaluator = file.project.evaluator

    def refusal(
        self, sent: Span, *, moved: Sequence[Span] = (), here: bool = False, readers_follow: bool = False
    ) -> Refusal | None:
        """What is in the way to `sent`. `moved` are the statements that go with the tokens; `here`: they are sent at once.

        `readers_follow`: who reads what the function returns is changed with it.
        """
        return (
            self.around(sent, here=here)
            or self._between(sent, moved, here)
            or self.read_elsewhere((sent, *moved))
            or (None if here or readers_follow else self.held())
        )

    # Around

    def around(self, sent: Span | None = None, *, here: bool = False) -> Refusal | None:
        """The blocks that end before the tokens are sent, and those that do not always run before."""
        for outer in reversed(self.scope.body.around(self.taken)):
            why = _BLOCKS.get(type(outer)) if isinstance(outer, ir.Statement) else None
            if why is None or outer.start == self.taken.start or (why is _BRANCH and sent is None):
                continue
            if (here or why is _BRANCH) and sent is not None and outer.contains(sent):
                continue
            return why
        return None

    # Between

    def _between(self, sent: Span, moved: Sequence[Span], here: bool) -> Refusal | None:
        """What runs between the last token and the answer, and so would run before the first token."""
        end = max((span.end for span in moved if span.start <= self.taken.start < span.end), default=self.taken.end)
        calls = (call for call in self.scope.calls if not (here and self._makes_container(call)))
        acts = [(call.start, call.end, call.branch) for call in calls]
        acts += [(act.start, act.end, -1) for act in (*self.scope.stores, *self._acting())]
        for start, stop, branch in sorted(acts, key=lambda act: (act[0], -act[1])):
            if not end <= start < sent.start or sent.end <= stop:
                continue
            if any(span.start <= start and stop <= span.end for span in moved):
                continue
            if branch < 0 or not exclusive(self.scope, branch, self.branch):
                text = " ".join(self.file.text(Span(start, stop)).split())
                last = Refusal(f"`{_short(text)}` waits for the last token", _AFTER)
                return given_back(self.file, self.frame, Span(start, stop)) or last
        return None

    def _acting(self) -> Iterator[ir.Statement | ir.Expression]:
        """What holds no call and does something that others see, or waits, or ends the function."""
        for line in self.scope.body.walk():
            match line:
                case ir.Line(kind="augmented", values=(_, ir.Attribute() | ir.Subscript())):
                    yield line
                case ir.Line(kind=kind) if kind in _ENDING:
                    yield line
        yield from (one for one in self.scope.expressions() if isinstance(one, ir.Await))

    def _makes_container(self, call: ir.Call) -> bool:
        """`st.chat_message("assistant")`: a place on the page, in which the tokens may be awaited as well as before it."""
        names = {dotted_name(value) for value in self.evaluator.value(call.function, self.frame)}
        return bool(names) and names <= self.evaluator.knowledge.names("pages", "streamlit-containers")

    # Readers of the stream

    def read_elsewhere(self, places: Sequence[Span]) -> Refusal | None:
        """Another use of the stream that may take its tokens, or keep it; `places` are those that the repair rewrites."""
        names = self._names()
        if isinstance(names, Refusal):
            return names
        spans = (*places, self.taken, Span(self.source.start, self.source.end))
        uses = self.file.facts.uses
        for scope in self._scopes():
            for name in scope.names:
                if name.id not in names or uses.owner(name.id, scope) is not self.scope:
                    continue
                if any(s.contains(name) for s in spans):
                    continue
                if self._is_passed_along(name, names) or self._only_looks(Use(scope, name, uses.parent(name)), uses):
                    continue
                return Refusal(
                    f"`{name.id}` is read in another place too", "let one generator take the tokens, and do both there"
                )
        return None

    def _names(self) -> frozenset[str] | Refusal:
        """The local names of the stream; none where it is made in the same expression that takes it."""
        roots = self._roots(self.source)
        if isinstance(roots, Refusal):
            return roots
        made: dict[str, list[ir.Expression]] = {}
        passed_on: dict[str, list[tuple[str, ir.Expression]]] = {}
        for binding in self.scope.bindings:
            if binding.value is not None and binding.kind == "assign" and not binding.path:
                made.setdefault(binding.name, []).append(binding.value)
                passed_on.setdefault(_chain_root(binding.value), []).append((binding.name, binding.value))
        names, pending = set(roots), list(roots)
        while pending:
            current = pending.pop()
            found = [self._roots(value) for value in made.get(current, ())]
            more = {name for one in found if not isinstance(one, Refusal) for name in one}
            more |= {name for name, value in passed_on.get(current, ()) if self._streams(value)}
            pending += sorted(more - names)
            names |= more
        return frozenset(names)

    def _roots(self, expression: ir.Expression) -> frozenset[str] | Refusal:
        """The names at the end of `name.attribute()…`, and of the streams that a call is given."""
        while True:
            match expression:
                case ir.Name():
                    local = expression.bindings is not None
                    outer = Refusal(
                        f"`{expression.id}` is a stream of another scope", "make the stream where it is sent"
                    )
                    return frozenset((expression.id,)) if local or not self._streams(expression) else outer
                case ir.Attribute(base=base):
                    if self._streams(expression) and not self._streams(base) and not self._is_made_here(base):
                        why = f"the stream is kept on `{_short(self.file.text(base))}`"
                        return Refusal(why, "make the stream where it is sent")
                    expression = base
                case ir.Await(value=value):
                    expression = value
                case ir.Call(function=ir.Attribute(base=base), arguments=(), keywords=()) if self._streams(base):
                    expression = base
                case ir.Call() | ir.Closure():
                    parts = (part for part in ir.walk(expression) if isinstance(part, ir.Name))
                    return frozenset(part.id for part in parts if part.bindings is not None and self._streams(part))
                case _:
                    return frozenset()

    def _is_made_here(self, expression: ir.Expression) -> bool:
        """Whether it is a local variable that the function itself gives its value, such as the answer of an unknown engine."""
        if not isinstance(expression, ir.Name) or not expression.bindings:
            return False
        return all(self.scope.bindings[index].kind == "assign" for index in expression.bindings)

    def _streams(self, expression: ir.Expression) -> bool:
        values = self.evaluator.value(expression, self.frame)
        return _are_streams(values) or self.evaluator.tokens(values) is not None

    def _scopes(self) -> Iterator[ir.Scope]:
        for scope in self.file.facts.scopes:
            if self.scope.contains(scope):
                yield scope

    def _is_passed_along(self, name: ir.Name, names: frozenset[str]) -> bool:
        """`stream = response.response_gen`: the same stream under another of its names."""
        return any(
            binding.name in names
            and binding.value is not None
            and binding.value.contains(name)
            and _chain_root(binding.value) == name.id
            for binding in self.scope.bindings
        )

    def _only_looks(self, use: Use, uses: Uses) -> bool:
        """Whether a use asks about the stream without taking a token."""
        match use.parent:
            case ir.Attribute(attribute=attribute):
                return attribute in self.evaluator.knowledge.names("untouched", "about-a-stream")
            case ir.Operation(operator="Not"):
                return True
            case ir.Operation(operator="Compare" | "Eq" | "NotEq" | "Is" | "IsNot", operands=operands):
                return any(isinstance(one, ir.Constant) and one.value is None for one in operands)
            case ir.Call(function=function) if function is not use.name:
                frame = self.evaluator.any_call(self.file.facts, use.scope)
                names = {dotted_name(value) for value in self.evaluator.value(function, frame)}
                return bool(names) and names <= _LOOKS
            case None:
                return any(branch.test is use.name for branch in use.scope.branches)
        return False

    # Readers of the function

    def held(self) -> Refusal | None:
        """Somebody else who reads what the function returns, and would get something else."""
        if not self.scope.is_function:
            return None
        project = self.file.project
        readers = project.ask(Holders).readers(self.file.facts, self.scope)
        if not readers:
            return None
        return Refusal(readers[0].told(project.root), "give the other a function of its own that returns the text")


def _chain_root(expression: ir.Expression) -> str:
    """`a` of `a`, `a.b`, `a.b()` and `await a.b()`."""
    while True:
        match expression:
            case ir.Name():
                return expression.id
            case ir.Attribute(base=base) | ir.Call(function=base, arguments=(), keywords=()) | ir.Await(value=base):
                expression = base
            case _:
                return ""


def _are_streams(values: Values) -> bool:
    for value in values:
        if isinstance(value, Coroutine) and _are_streams(value.result):
            return True
        if isinstance(value, Tokens | Generated | Iterated) or (
            isinstance(value, Llama) and value.role in STREAM_ROLES
        ):
            return True
    return False


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
