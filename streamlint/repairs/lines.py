"""A document of lines, such as NDJSON, that is joined when the last token is there: each line is sent when its token comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import Repair
from streamlint.repairs.dressed import Dress, dress_of
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.untouched import Form
from streamlint.source import Span
from streamlint.streams.drained import How
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred

_TITLE = "send each line when its token comes"
_REASON = "the client receives the same lines one by one, and a line break behind the last one too"
_REFUSAL = Refusal("something is put between the tokens", "yield each with what follows it in a generator")


def lines_stream(repair: Repair, preferred: Preferred) -> Fix | Refusal:
    """`"\\n".join(rows)` as NDJSON becomes a generator of lines that each end with a line break."""
    dress = dress_of(repair)
    if dress is None or dress.is_named or not _is_of_lines(repair, dress):
        return _REFUSAL
    joined = dress.content
    if not isinstance(joined, ir.Call) or not _joins_lines(joined):
        return _REFUSAL
    was, text = repair.untouched.judge(joined.arguments[0]), _written(repair)
    if isinstance(was, Refusal) or was.form is not Form.PIECES or text is None:
        return _REFUSAL
    stream = repair.stream(are_joined=True)
    refusal = bound_to_request(repair.file, repair.frame, stream.kept) if stream is not None else _REFUSAL
    removed = refusal or repair.replaced(dress.place)
    refusal = Announced(repair.file, repair.frame, preferred, repair.untouched).refusal()
    if isinstance(removed, Refusal) or refusal is not None:
        return refusal or removed  # type: ignore[return-value]  # one of them refuses
    rewriting = Rewriting(repair.file, repair.frame, preferred, dress.answer)
    edits = [Edit(repair.lines_of(node), "") for node in removed.statements]
    edits += [Edit(dress.place, rewriting.call(text, dress.kept)), *rewriting.declaration()]
    drops = (*removed.drops, *was.drops, f"{repair.file.text(joined.function)}(_)", *dress.drops, *rewriting.drops())
    claims = (Span(repair.drain.start, repair.drain.end),)
    return Fix(_TITLE, tuple(sorted(edits)), Level.RESPONSE, _REASON, rewriting.imports(), claims, drops)


def _is_of_lines(repair: Repair, dress: Dress) -> bool:
    """Whether the answer is said to be of a kind in which a line break may end the last line."""
    kinds = repair.evaluator.knowledge.names("untouched", "kinds-of-lines")
    given = [value for _, value in dress.made.keywords] if isinstance(dress.made, ir.Call) else []
    return any(isinstance(one, ir.Constant) and one.value in kinds for one in given)


def _joins_lines(call: ir.Call) -> bool:
    match call:
        case ir.Call(
            function=ir.Attribute(attribute="join", base=ir.Constant(value="\n")), arguments=(_,), keywords=()
        ):
            return True
    return False


def _written(repair: Repair) -> str | None:
    """The comprehension that makes the lines as a generator expression, each with its line break."""
    drain, tree = repair.drain, repair.file.tree
    node = next((one for one in tree.nodes_at(drain.start, drain.end) if isinstance(one, cst.ListComp)), None)
    if drain.how is not How.COMPREHENSION or node is None or node.for_in.inner_for_in is not None or node.for_in.ifs:
        return None
    line = tree.text(node.elt)
    line = line if isinstance(node.elt, cst.Call | cst.Name | cst.FormattedString) else f"({line})"
    rest = repair.file.text(Span(tree.span(node.elt).end, drain.end)).removesuffix("]")
    return f'({line} + "\\n"{rest})'
