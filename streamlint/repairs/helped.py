"""A helper that makes text of a stream for one caller: it returns the stream instead, and the caller sends that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import Repair
from streamlint.repairs.untouched import Form
from streamlint.serving.holders import Holders
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.values.domain import Function, Tokens

if TYPE_CHECKING:
    from streamlint.repairs.drains import Removed
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_RETURN = "let the helper return the iterator instead of the text"


@immutable
class HandedOn:
    """The helper changed, and the drain that its call then is: that of an iterator over text."""

    edits: tuple[Edit, ...]
    drops: tuple[str, ...]
    imports: frozenset[Import]
    drain: Drain

    def with_caller(self, fix: Fix) -> Fix:
        """The repair of the caller, and that of the helper with it."""
        edits = tuple(sorted((*fix.edits, *self.edits)))
        return replace(fix, edits=edits, imports=fix.imports | self.imports, drops=(*fix.drops, *self.drops))


def through_helper(
    file: PythonFile, frame: Frame, drain: Drain, repaired: Callable[[Drain], Fix | Refusal]
) -> Fix | Refusal:
    """The repair of a caller whose helper hands the iterator on, and the helper's with it; `repaired` gives the caller's own."""
    helped = handed_on(file, frame, drain)
    if isinstance(helped, Refusal):
        return helped
    fix = repaired(helped.drain)
    return helped.with_caller(fix) if isinstance(fix, Fix) else fix


def handed_on(file: PythonFile, frame: Frame, drain: Drain) -> HandedOn | Refusal:
    """Refuses where the helper has another caller, stands in another file, or does more than to make the text."""
    scope = _helper(file, frame, drain)
    if isinstance(scope, Refusal):
        return scope
    inner = file.frame(scope)
    drains = [one for one in file.project.ask(Drains).in_frame(inner) if one.waits]
    if len(drains) != 1 or drains[0].hops:
        return Refusal("the helper takes the tokens in another one", _RETURN)
    repair = Repair(file, inner, drains[0])
    returned = any(one.value is drain.source for one in frame.scope.returns) or any(
        isinstance(one.value, ir.Await) and one.value.value is drain.source for one in frame.scope.returns
    )
    removed, answer = _removed(repair, (Form.TEXT, Form.ANSWER) if returned else (Form.TEXT,)), repair.answer()
    if isinstance(removed, Refusal):
        return removed
    stream = repair.stream(are_joined=True)
    if answer is None or answer.value is None or stream is None or stream.kept:
        return Refusal("the helper changes, counts or shows the tokens on the way", _RETURN)
    declared = as_iterator(file, scope, is_async=repair.is_async())
    edits = [Edit(repair.lines_of(node), "") for node in removed.statements]
    edits += [Edit(Span(answer.value.start, answer.value.end), stream.text), *declared.edits]
    drops = (*removed.drops, *stream.drops, file.text(answer.value), *declared.drops)
    call = replace(
        drain,
        how=How.HELPER,
        way=None,
        stream=None,
        tokens=Tokens(repair.is_async(), "text"),
        is_async=repair.is_async(),
    )
    return HandedOn(tuple(edits), drops, declared.imports, file.project.ask(Drains).with_names(call, frame))


def _helper(file: PythonFile, frame: Frame, drain: Drain) -> ir.Scope | Refusal:
    """The one function that is called, where nobody else has it."""
    call, evaluator = drain.source, file.project.evaluator
    values = evaluator.value(call.function, frame) if isinstance(call, ir.Call) else frozenset()
    located = [evaluator.scope_of(value) for value in values if isinstance(value, Function)]
    if len(values) != 1 or len(located) != 1 or located[0] is None:
        return Refusal("the tokens are taken in a helper", _RETURN)
    module, scope = located[0]
    if module.path != file.path:
        return Refusal("the tokens are taken in a helper of another file", _RETURN)
    outer = module.scopes[scope.parent]
    if scope.decorators or outer.bases or outer.decorators:
        return Refusal("the helper is decorated, or one of several that have its name", _RETURN)
    others = [
        one
        for one in file.project.ask(Holders).readers(module, scope)
        if (one.path, one.start) != (file.path, call.start)
    ]
    if others:
        return Refusal(others[0].told(file.project.root), "give the other a function of its own that returns the text")
    return scope


def _removed(repair: Repair, forms: tuple[Form, ...]) -> Removed | Refusal:
    """What goes in the helper, whose one `return` gives the text in one of these forms, and nothing else."""
    answer = repair.answer()
    if answer is None or answer.value is None or len(repair.scope.returns) != 1:
        return Refusal("the helper returns something else than the text too", _RETURN)
    was = repair.untouched.judge(answer.value)
    if isinstance(was, Refusal):
        return was
    if was.form not in forms:
        return Refusal("the helper returns more than the text", _RETURN)
    return repair.replaced(Span(answer.start, answer.end), readers_follow=True)


@immutable
class Declared:
    """What a function says of what it returns, changed."""

    edits: tuple[Edit, ...] = ()
    drops: tuple[str, ...] = ()
    imports: frozenset[Import] = frozenset()


def as_iterator(file: PythonFile, scope: ir.Scope, *, is_async: bool) -> Declared:
    """`-> Iterator[str]` in place of what a function said of its text."""
    definition, kind = file.tree.definition(scope), "AsyncIterator" if is_async else "Iterator"
    if definition is None or definition.returns is None:
        return Declared()
    node = definition.returns.annotation
    is_bound = kind in file.facts.summary.module.by_name
    imports = frozenset[Import]() if is_bound else frozenset((Import("collections.abc", kind),))
    return Declared((Edit(file.tree.span(node), f"{kind}[str]"),), (file.tree.text(node),), imports)
