"""Where the values of a YAML file stand. Of a broken one, what stands before the fault is read once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Keys, Setting
from streamlint.surroundings.written import Written, aligned

_DEEPEST = 60
_MOST = 20_000
"""Settings of one document; aliases of aliases would be without end."""
_TOO_MUCH = "more stands here than is read of one document"
_TRIES = 3
_BEGINNING = re.compile(r"^[^ \t\r\n#-]", re.MULTILINE)
"""Where something at the outermost level begins."""
_INDENTED = re.compile(r"^[ ]+(?=[^ \t\r\n#-])", re.MULTILINE)
"""What stands before something at a deeper level."""


def read(text: str) -> Document:
    """The settings of the first document of a YAML text. An alias is read where it is first meant; never raises."""
    nodes, fault = _read(text)
    settings = tuple(_settings(text, nodes[0], (), set())) if nodes else ()
    return Document(settings, () if fault is None else (fault,))


def documents(text: str) -> tuple[Document, ...]:
    """All documents of a YAML text, with what aliases and `<<` bring wherever they do, up to a bound. Never raises."""
    nodes, fault = _read(text)
    found = [_Expanded(text).document(node) for node in nodes]
    if fault is not None:
        last = found.pop() if found else Document()
        found.append(Document(last.settings, (fault, *last.faults), last.places))
    return tuple(found)


def written(setting: Setting, text: str) -> Written:
    """The value of a setting with the places of its characters, in a block or in quotes too."""
    if setting.inside is not None:
        return Written.plain(setting.value, setting.inside.start)
    return aligned(setting.value, text, setting.span)


def _read(text: str) -> tuple[list[Any], Fault | None]:
    nodes, fault = _composed(text)
    if fault is not None:
        for end in _ends(text, fault.offset):
            whole, broken = _composed(text[:end])
            if broken is None and whole:
                return whole, fault
    return nodes, fault


def _ends(text: str, offset: int) -> Iterator[int]:
    """Before what a text may be whole: the last things at the second level, then at the outermost one."""
    indents = list(_INDENTED.finditer(text, 0, offset))
    least = min((len(match[0]) for match in indents), default=0)
    yield from [match.start() for match in indents if len(match[0]) == least][: -_TRIES - 1 : -1]
    yield from [match.start() for match in _BEGINNING.finditer(text, 0, offset)][: -_TRIES - 1 : -1]


def _composed(text: str) -> tuple[list[Any], Fault | None]:
    """The documents up to the first fault."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    nodes: list[Any] = []
    try:
        nodes.extend(yaml.compose_all(text, loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return nodes, Fault(min(mark.index, len(text)) if mark else 0, str(error.problem or "cannot be read"))
    except yaml.reader.ReaderError as error:
        return nodes, Fault(min(max(error.position, 0), len(text)), "holds a character that YAML does not allow")
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError) as error:
        return nodes, Fault(0, str(error) or "stands in one another too deeply")
    return nodes, None


def _settings(text: str, node: Any, keys: Keys, seen: set[int]) -> Iterator[Setting]:
    if node is None or id(node) in seen or len(keys) > _DEEPEST:
        return
    seen.add(id(node))
    if node.id == "mapping":
        for key, value in node.value:
            if key.id == "scalar":
                yield from _settings(text, value, (*keys, key.value), seen)
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            yield from _settings(text, value, (*keys, number), seen)
    else:
        yield _scalar(text, node, keys)


def _scalar(text: str, node: Any, keys: Keys) -> Setting:
    span = Span(node.start_mark.index, node.end_mark.index)
    quotes = 1 if node.style in ("'", '"') else 0
    inside = Span(span.start + quotes, max(span.end - quotes, span.start + quotes))
    same = text[inside.start : inside.end] == node.value
    return Setting(keys, node.value, span, inside if same else None, node.tag == "tag:yaml.org,2002:str")


class _Expanded:
    """A document with its aliases and merged tables put in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.settings: list[Setting] = []
        self.places: dict[Keys, Span] = {}
        self.left_out: Fault | None = None

    def document(self, node: Any) -> Document:
        self._add(node, (), ())
        faults = () if self.left_out is None else (self.left_out,)
        return Document(tuple(self.settings), faults, self.places)

    def _add(self, node: Any, keys: Keys, around: tuple[int, ...]) -> None:
        if len(keys) > _DEEPEST or len(self.settings) > _MOST or len(self.places) > _MOST:
            self.left_out = self.left_out or Fault(node.start_mark.index, _TOO_MUCH)
            return
        if id(node) in around:
            return
        around = (*around, id(node))
        if node.id == "mapping":
            for key, value in _pairs(node, set()):
                self.places.setdefault((*keys, key.value), Span(key.start_mark.index, key.end_mark.index))
                self._add(value, (*keys, key.value), around)
        elif node.id == "sequence":
            for number, value in enumerate(node.value):
                self._add(value, (*keys, number), around)
        else:
            self.settings.append(_scalar(self.text, node, keys))


def _pairs(node: Any, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    """The keys of a table that are texts, its own first, then those that `<<` brings and it has not."""
    own = [(key, value) for key, value in node.value if key.id == "scalar" and key.value != "<<"]
    yield from own
    seen.add(id(node))
    names = {key.value for key, _ in own}
    for key, value in node.value:
        if key.id != "scalar" or key.value != "<<":
            continue
        for merged in value.value if value.id == "sequence" else (value,):
            if merged.id == "mapping" and id(merged) not in seen:
                brought = [pair for pair in _pairs(merged, seen) if pair[0].value not in names]
                names.update(pair[0].value for pair in brought)
                yield from brought
