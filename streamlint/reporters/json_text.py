"""JSON as it is printed: ASCII whatever the terminal takes, and nothing in it that a CI system obeys."""

from __future__ import annotations

import json

_COMMAND, _HARMLESS = "##[", r"#\u0023["
"""What GitHub's runner would obey, and the same characters for whoever reads JSON."""


def dumped(document: object, indent: int | None = 2) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=True).replace(_COMMAND, _HARMLESS)
