"""What a repair may not do to any file, whatever it repairs: lose Python or a comment, import twice or in vain."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

_OUTERMOST = re.compile(r"(?:async )?(?:def|class) (\w+)")


def harms(before: str, after: str) -> Iterator[str]:
    """What is wrong with a repaired text and was not wrong before, in words."""
    if not is_python(before):
        return
    if not is_python(after):
        yield "no Python"
        return
    yield from (f"imports {name} twice" for name in sorted(_twice(after) - _twice(before)))
    yield from (f"imports {name} without a use" for name in sorted(_unused(after) - _unused(before)))
    yield from (f"loses the comment {text}, and keeps `{code}`" for text, code in _lost(before, after))
    yield from (f"writes the comment {text}" for text in sorted(_comments(after) - _comments(before)))


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _comments(text: str) -> set[str]:
    return {line.comment for line in _commented(text)}


def _lost(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The comments that are gone, each with the line of code to which it belonged, where its function still has that."""
    was, is_now = _commented(before), _commented(after)
    gone = Counter(line.comment for line in was) - Counter(line.comment for line in is_now)
    codes, left = (Counter((line.function, line.code) for line in _lines(text)) for text in (before, after))
    for line in was:
        key = (line.function, line.code)
        if line.comment and gone[line.comment] and left[key] >= codes[key]:
            gone[line.comment] -= 1
            yield line.comment, line.code


@dataclass(frozen=True)
class _Line:
    """A line of code without its comment, and the outermost function or class that it stands in."""

    function: str
    code: str
    comment: str = ""


def _commented(text: str) -> list[_Line]:
    """Each comment with the code before it on its line, or with the next line that has some."""
    lines, found = _lines(text), []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            own = next((line for line in lines[token.start[0] - 1 :] if line.code), _Line("", ""))
            found.append(replace(own, comment=token.string.rstrip()))
    return found


def _lines(text: str) -> list[_Line]:
    function, found = "", []
    for line in text.splitlines():
        head = _OUTERMOST.match(line)
        function = head[1] if head is not None else "" if line[:1].strip() else function
        code = line.partition("  #")[0].strip()
        found.append(_Line(function, "" if code.startswith("#") else code))
    return found


def _bound(text: str) -> Iterator[str]:
    """What the top of a module imports, each as often as it does."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _twice(text: str) -> set[str]:
    return {name for name, count in Counter(_bound(text)).items() if count > 1}


def _unused(text: str) -> set[str]:
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return {name for name in _bound(text) if name.partition(".")[0] not in used}
