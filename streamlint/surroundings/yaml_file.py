"""Where the values of a YAML file stand. Of a broken one, what stands before the fault is read once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Keys, Setting

_DEEPEST = 60
_TRIES = 3
_BEGINNING = re.compile(r"^[^ \t\r\n#-]", re.MULTILINE)
"""Where something at the outermost level begins."""


def read(text: str) -> Document:
    """The settings of the first document of a YAML text. An alias is read where it is first meant; never raises."""
    node, fault = _composed(text)
    broken, left = fault, _TRIES
    while broken is not None and left and (begun := list(_BEGINNING.finditer(text, 0, broken.offset))):
        left -= 1
        text = text[: begun[-1].start()]
        node, broken = _composed(text)
    return Document(tuple(_settings(text, node, (), set())), () if fault is None else (fault,))


def _composed(text: str) -> tuple[Any, Fault | None]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text, loader), None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, Fault(min(mark.index, len(text)) if mark else 0, str(error.problem or "cannot be read"))
    except yaml.reader.ReaderError as error:
        return None, Fault(min(max(error.position, 0), len(text)), "holds a character that YAML does not allow")
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError) as error:
        return None, Fault(0, str(error) or "stands in one another too deeply")


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
