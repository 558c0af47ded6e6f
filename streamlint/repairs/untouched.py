"""Which expressions are the text that a drain took, with nothing done to it: only what is known to leave it alone counts."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.streams import Drains
from streamlint.streams.drained import How
from streamlint.values.domain import Class, External, dotted_name

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_MORE = Refusal(
    "the answer carries more than the text", "send the rest as headers, or as the first or last item of the stream"
)
_OTHER = Refusal("the answer may be something else than the text", "return a stream in each case")
_INSTEAD = "yield the tokens in a generator, and change there what can be changed token by token"
_JOINED = Refusal("something is put between the tokens", _INSTEAD)
_LISTS = frozenset(("builtins.list", "builtins.tuple", "collections.deque"))
_BUFFERS = frozenset(("io.StringIO",))


class Form(StrEnum):
    """In which form an expression holds the text."""

    TEXT = "text"
    PIECES = "pieces"
    OBJECT = "object"
    BUFFER = "buffer"
    ANSWER = "answer"


@immutable
class Same:
    """The text in some form; `drops` is the code around it, with `_` for what stays."""

    form: Form
    drops: tuple[str, ...] = ()


class Untouched:
    """Judges the expressions of one function by the text of one drain."""

    def __init__(self, file: PythonFile, frame: Frame, drain: Drain) -> None:
        self.file, self.frame, self.drain = file, frame, drain
        self.evaluator = file.project.evaluator
        self._known: dict[int, Form | Refusal | None] = {}
        """By binding; None while it is looked at, as by a loop that assigns a name from itself."""

    def judge(self, value: ir.Expression) -> Same | Refusal:
        """The form in which an expression is the drained text and nothing else, or what keeps it from being that."""
        if (value.start, value.end) == (self.drain.start, self.drain.end) and not self.drain.is_loop:
            return self._drained(value)
        match value:
            case ir.Name():
                return self._name(value)
            case ir.Await():
                return self._around(value, value.value, {form: form for form in Form if form is not Form.ANSWER})
            case ir.Mapping(items=((ir.Constant(), inner),)):
                return self._around(value, inner, _ANSWERED)
            case ir.Sequence(kind="tuple", items=(inner, ir.Constant(value=200))):
                return self._around(value, inner, _ANSWERED)
            case ir.Attribute(attribute="response", base=base):
                return self._around(value, base, {Form.OBJECT: Form.TEXT})
            case ir.Call():
                return self._call(value)
            case ir.Subscript():
                return Refusal("only a part of the text is answered", _INSTEAD)
            case ir.FormattedString() | ir.Mapping() | ir.Sequence():
                return _MORE
            case ir.Constant() | ir.Choice():
                return _OTHER
        return Refusal("the text is not answered as it is", _INSTEAD)

    def judge_drain(self) -> Same | Refusal:
        """The form in which the drain itself gives the text."""
        known = self.file.expression(self.drain)
        return self._drained(known[1]) if known is not None else _MORE

    def is_empty(self, value: ir.Expression) -> Form | None:
        """The form of a collection that holds nothing yet."""
        if isinstance(value, ir.Sequence):
            return Form.PIECES if not value.items and value.kind == "list" else None
        if isinstance(value, ir.Constant):
            return Form.TEXT if value.value == "" else None
        if isinstance(value, ir.Call) and not value.arguments and not value.keywords:
            names = self._names(value.function)
            if names == {"builtins.list"}:
                return Form.PIECES
            if names == {"builtins.str"}:
                return Form.TEXT
            return Form.BUFFER if names and names <= _BUFFERS else None
        return None

    def _names(self, function: ir.Expression) -> set[str]:
        return {dotted_name(value) for value in self.evaluator.value(function, self.frame)}

    def _around(self, value: ir.Expression, inner: ir.Expression, forms: dict[Form, Form]) -> Same | Refusal:
        """What wraps the text, and in which form it then is; a form that is not listed is no text any more."""
        found = self.judge(inner)
        if isinstance(found, Refusal):
            return found
        form = forms.get(found.form)
        if form is None and found.form is Form.PIECES:
            return Refusal("a list is made into something else than its text", _INSTEAD)
        return Same(form, (*found.drops, self._hole(value, inner))) if form is not None else _MORE

    def _hole(self, value: ir.Expression, inner: ir.Expression) -> str:
        text = self.file.source.text
        hole = (
            "(_)" if isinstance(inner, ir.Closure) and text[inner.start] == "(" else "_"
        )  # its brackets are the call's
        return f"{text[value.start : inner.start]}{hole}{text[inner.end : value.end]}"

    # The drain itself

    def _drained(self, value: ir.Expression) -> Same | Refusal:
        source = self.drain.source
        match self.drain.how, value:
            case How.JOIN, ir.Call() if _is_seamless(value.function):
                return Same(Form.TEXT, (self._hole(value, source),))
            case How.JOIN, _:
                return _JOINED
            case How.CALL, ir.Call():
                return self._collected(value)
            case How.COMPREHENSION, ir.Comprehension(kind="list", loops=(_,)):
                return Same(Form.PIECES)
            case How.TEXT, ir.FormattedString(values=(part,)):
                whole = self.file.text(value)[2:-1].strip() == f"{{{self.file.text(part)}}}"
                return Same(Form.TEXT) if whole else _MORE
            case How.TEXT, ir.Call(arguments=(_,), keywords=()) if self._names(value.function) == {"builtins.str"}:
                return Same(Form.TEXT, (self._hole(value, source),))
            case How.METHOD, ir.Call(function=ir.Attribute(attribute="get_response", base=base), arguments=()):
                return Same(Form.OBJECT, (self._hole(value, base),))
            case How.METHOD, _:
                return Refusal("the tokens are printed on the way", "print them in a generator that yields them")
            case How.HELPER, ir.Call():
                return Same(Form.TEXT)
            case How.UNPACKED, ir.Sequence(kind="list" | "tuple", items=(_,)):
                return Same(Form.PIECES, (self._hole(value, source),))
        return Refusal("the tokens are changed, counted or shown on the way", _INSTEAD)

    def _collected(self, call: ir.Call) -> Same | Refusal:
        """`list(tokens)`, or the same in a thread."""
        source, hole = self.drain.source, (self._hole(call, self.drain.source),)
        if self._names(call.function) <= _LISTS and len(call.arguments) == 1 and not call.keywords:
            return Same(Form.PIECES, hole)
        calls = self.evaluator.calls
        row, handed = calls.moving(call, self.frame), calls.handed(call, self.frame)
        given = call.argument(row.position, row.keyword or None) if row is not None else None
        if given is None or handed is None or handed[1] != (source,) or handed[2]:
            return _by_call(self.file.text(call.function))
        if _is_seamless(given):
            return Same(Form.TEXT, hole)
        if isinstance(given, ir.Attribute) and given.attribute == "join":
            return _JOINED
        return Same(Form.PIECES, hole) if self._names(given) <= _LISTS else _by_call(self.file.text(given))

    # Names

    def _name(self, name: ir.Name) -> Same | Refusal:
        """A local name, where each value that it may have there is the text."""
        forms: set[Form] = set()
        pending, seen = list(name.bindings or ()), set[int]()
        while pending:
            index = pending.pop()
            if index in seen:
                continue
            seen.add(index)
            binding = self.frame.scope.bindings[index]
            if binding.kind == "merge":
                pending += binding.sources
                continue
            if index not in self._known:
                self._known[index] = None
                self._known[index] = self._bound(binding)
            found = self._known[index]
            if isinstance(found, Refusal):
                return found
            forms |= {found} if found is not None else set()
        return Same(forms.pop(), (name.id,)) if len(forms) == 1 else _OTHER

    def _bound(self, binding: ir.Binding) -> Form | Refusal:
        if binding.kind == "augmented" or (binding.kind == "assign" and self._is_step(binding)):
            return Form.TEXT if self._is_step(binding) else _MORE
        if binding.kind != "assign" or binding.value is None or binding.path:
            return _OTHER
        empty = self.is_empty(binding.value) if binding.name in self.drain.kept and self.drain.is_loop else None
        if empty is not None:
            return empty
        found = self.judge(binding.value)
        return found if isinstance(found, Refusal) else found.form

    def _is_step(self, binding: ir.Binding) -> bool:
        """Whether a binding is made by the loop of the drain, each token of which `Elements` looks at."""
        loop = self.drain.loop
        return self.drain.is_loop and loop is not None and loop.body_start <= binding.start < loop.end

    # Calls

    def _call(self, call: ir.Call) -> Same | Refusal:
        function = call.function
        word = self.file.text(function)
        if self.file.project.ask(Drains).answers.is_join(call):
            if not _is_seamless(function):
                return _JOINED
            return self._around(call, call.arguments[0], {Form.PIECES: Form.TEXT, Form.TEXT: Form.TEXT})
        if isinstance(function, ir.Attribute) and function.attribute == "getvalue" and not call.arguments:
            return self._around(call, function.base, {Form.BUFFER: Form.TEXT})
        if isinstance(function, ir.Attribute) and not isinstance(self.judge(function.base), Refusal):
            return _by_call(function.attribute)
        inner, forms = self._kept_by(call)
        if inner is not None:
            return self._around(call, inner, forms)
        is_answer = self.file.project.ask(Drains).answers.is_response(call, self.frame)
        return _MORE if is_answer and len(call.arguments) + len(call.keywords) > 1 else _by_call(word)

    def _kept_by(self, call: ir.Call) -> tuple[ir.Expression | None, dict[Form, Form]]:
        """The argument that a call of `str`, `dict`, a response class or a model keeps as it is, and in which forms."""
        given = [*call.arguments, *(value for _, value in call.keywords)]
        values = self.evaluator.value(call.function, self.frame)
        if len(values) != 1 or any(isinstance(argument, ir.Starred) for argument in call.arguments):
            return None, {}
        (value,) = values
        if value == External("builtins.str") and len(given) == len(call.arguments) == 1:
            return given[0], {Form.TEXT: Form.TEXT, Form.OBJECT: Form.TEXT}
        if value == External("json.dumps") and len(call.arguments) == 1 and "cls" not in dict(call.keywords):
            return call.arguments[0], _ANSWERED
        if value == External("builtins.dict") and len(given) == len(call.keywords) == 1 and call.keywords[0][0]:
            return given[0], _ANSWERED
        if isinstance(value, Class):
            return self._of_model(value, call), _WRAPPED
        return self._of_response(dotted_name(value), call), _ANSWERED

    def _of_response(self, name: str, call: ir.Call) -> ir.Expression | None:
        response = self.evaluator.knowledge.responses.response(name)
        if response is None or response.file or response.by_hand:
            return None
        given = [*call.arguments, *(v for k, v in call.keywords if not _says_nothing(k, v))]
        if len(given) != 1:
            return None
        if response.variadic and not call.arguments:
            return given[0]
        content = (
            call.argument(response.content.position, response.content.keyword or None) if response.content else None
        )
        return given[0] if content is given[0] else None

    # Models

    def _of_model(self, made: Class, call: ir.Call) -> ir.Expression | None:
        """The argument of a model of the project that has one field and does nothing with it."""
        if not self.is_plain_model(made) or call.arguments or len(call.keywords) != 1:
            return None
        keyword, value = call.keywords[0]
        return value if keyword in self._fields(made) else None

    def _listed(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("untouched", key)

    def is_plain_model(self, made: Class) -> bool:
        """Whether a class of the project holds one text, or one list of texts, and leaves it as it is."""
        fields = list(self._fields(made))
        return len(fields) == 1 and fields[0] is not None

    def _fields(self, made: Class) -> Iterator[str | None]:
        """The fields of a class that keep a text; None where the class, or one above it, may do something with one."""
        lineage = list(self.evaluator.attributes.lineage(made))
        outside = {one.name for one in lineage if isinstance(one, External)}
        decorated = any(self._is_dataclass(one) for one in lineage if isinstance(one, Class))
        if not outside <= self._listed("models") or not (outside or decorated):
            yield None
        for one in lineage:
            located = self.evaluator.scope_of(one) if isinstance(one, Class) else None
            if located is None:
                continue
            module, scope = located
            if scope.keywords or not _is_documented_only(scope) or (scope.decorators and not self._is_dataclass(one)):
                yield None
            for binding in scope.bindings:
                plain = self._is_plain_field(binding, scope, self.evaluator.any_call(module, scope))
                yield binding.name if plain else None

    def _is_dataclass(self, one: Class | External) -> bool:
        located = self.evaluator.scope_of(one) if isinstance(one, Class) else None
        if located is None or len(located[1].decorators) != 1:
            return False
        module, scope = located
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        names = {dotted_name(value) for value in self.evaluator.value(scope.decorators[0], frame)}
        return bool(names) and names <= self._listed("model-decorators")

    def _is_plain_field(self, binding: ir.Binding, scope: ir.Scope, frame: Frame) -> bool:
        if binding.annotation is None or binding.kind not in ("annotation", "assign"):
            return False
        text = frame.module.text(binding.annotation).strip("\"'")
        if text not in self._listed("texts") | self._listed("lists"):
            return False
        value = binding.value
        if value is None or isinstance(value, ir.Constant):
            return True
        if not isinstance(value, ir.Call):
            return False
        names = {dotted_name(one) for one in self.evaluator.value(value.function, frame)}
        keywords = {keyword or "" for keyword, _ in value.keywords}
        described = bool(names) and names <= self._listed("field-functions")
        return described and keywords <= self._listed("field-keywords") and len(value.arguments) <= 1


def _is_documented_only(scope: ir.Scope) -> bool:
    """Whether the only statement of a class that is no field is its docstring."""
    return all(isinstance(one, ir.Constant) for one in scope.alone())


_WRAPPED = {Form.TEXT: Form.ANSWER, Form.PIECES: Form.ANSWER}
_ANSWERED = {**_WRAPPED, Form.ANSWER: Form.ANSWER}


def _is_seamless(function: ir.Expression) -> bool:
    """`"".join`, called or not."""
    return (
        isinstance(function, ir.Attribute)
        and function.attribute == "join"
        and isinstance(function.base, ir.Constant)
        and function.base.value == ""
    )


def _by_call(word: str) -> Refusal:
    return Refusal(f"`{' '.join(word.split())}` may change the text", _INSTEAD)


def _says_nothing(keyword: str | None, value: ir.Expression) -> bool:
    """Whether an argument of a response is its kind, or the usual status."""
    if keyword in ("media_type", "mimetype", "content_type"):
        return True
    return keyword in ("status_code", "status") and isinstance(value, ir.Constant) and value.value == 200
