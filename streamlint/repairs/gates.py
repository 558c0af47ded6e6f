"""Edits of what declares a gate: another value where one is written, or a line for one that is not."""

from __future__ import annotations

import re

from streamlint.deployment.gates.gate import Gate, Reading
from streamlint.fix import Edit, Fix, Level
from streamlint.source import Source, Span

_WITH_UNIT = re.compile(r"\d.*[a-z]")


def limit_set(gate: Gate, reading: Reading, value: str, source: Source, reason: str) -> Fix | None:
    """The limit with another value; None where it stands in another file, or takes more than a line."""
    given = reading.given
    if given is not None:
        if given.inside is None or given.anchor.path != source.path:
            return None
        before, value = source.slice(given.inside), written(reading, value)
        is_member = source.is_python and before.isidentifier()
        drops = (f"_.{before}" if is_member else before,)
        return Fix(f"write `{value}`", (Edit(given.inside, value),), Level.UNSAFE, reason, drops=drops)
    line = reading.write.format(value=value)
    edit = _inserted(source, gate.anchor.span, line) if line and gate.anchor.path == source.path else None
    return Fix(f"write `{line}`", (edit,), Level.UNSAFE, reason) if edit is not None else None


def written(reading: Reading, value: str) -> str:
    """A number of seconds as what stands there has it: `300s` in the place of `60s`."""
    has_unit = reading.given is not None and _WITH_UNIT.fullmatch(reading.given.text)
    return value + (reading.unit or ("s" if has_unit else "")) if value.isdecimal() else value


def _inserted(source: Source, head: Span, text: str) -> Edit | None:
    """A line as the first one behind the head of a block, indented as the next is; None where nothing follows on its own line."""
    line = source.line_span(head.start)
    if head.end > line.end or source.text[head.end : line.end].strip() or line.end >= len(source.text):
        return None
    following = source.slice(source.line_span(line.end))
    indent = re.match(r"[ \t]+", following)
    if indent is None or not following.strip():
        return None
    return Edit(Span(line.end, line.end), f"{indent[0]}{_aligned(text, following.strip())}{source.newline}")


def _aligned(text: str, following: str) -> str:
    """An attribute with its sign of equality below that of the next line, as Terraform's formatter has it."""
    beside = re.match(r"[\w-]+ *(?==)", following)
    name, sign, value = text.partition(" = ")
    return f"{name:<{len(beside[0])}}= {value}" if beside is not None and sign and len(name) < len(beside[0]) else text
