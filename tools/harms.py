"""What a repair may not do to any file, whatever it repairs: lose Python or a comment, import twice or in vain."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator


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
    yield from (f"writes the comment {text}" for text in sorted(set(_comments(after)) - set(_comments(before))))


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _lost(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The comments that are gone, each with the line of code to which it belonged, where that is still there."""
    gone = _comments(before) - _comments(after)
    lines = Counter(line.partition("  #")[0].strip() for line in after.splitlines())
    for line in _commented(before):
        if gone[line[0]] and lines[line[1]]:
            gone[line[0]] -= 1
            yield line


def _comments(text: str) -> Counter[str]:
    return Counter(comment for comment, _ in _commented(text))


def _commented(text: str) -> Iterator[tuple[str, str]]:
    """Each comment with the code before it on its line, or that of the next line that has some."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            codes = (line.partition("  #")[0].strip() for line in (lines[row - 1][:column], *lines[row:]))
            yield token.string.rstrip(), next((code for code in codes if code and not code.startswith("#")), "")


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
