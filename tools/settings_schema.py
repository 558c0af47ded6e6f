"""Write the JSON Schema of the configuration, which editors use to complete and check it: `python -m tools.settings_schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlint import reporters
from streamlint.knowledge import user_rows
from streamlint.settings.keys import KEYS, TABLES

SCHEMA = Path(__file__).resolve().parent.parent / "docs" / "streamlint.schema.json"
_TYPES = {str: "string", int: "integer", bool: "boolean"}


def text() -> str:
    """The schema as it stands in the file."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "streamlint",
        "description": "streamlint.toml, or the table tool.streamlint of pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"description": key.summary, **_value(name)} for name, key in KEYS.items()},
    }
    return json.dumps(document, indent=2) + "\n"


def _value(name: str) -> dict[str, Any]:
    if name in TABLES:
        return {"type": "array", "items": _row(name)}
    if name == "output-format":
        return {"enum": list(reporters.FORMATS)}
    return dict(KEYS[name].schema)


def _row(table: str) -> dict[str, Any]:
    keys = user_rows.keys(table)
    properties = {
        name: {"enum": list(key.choices)} if key.choices else {"type": _TYPES[key.type]} for name, key in keys.items()
    }
    needed = ["name", *(name for name, key in keys.items() if key.is_needed and name != "name")]
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


def main() -> None:
    SCHEMA.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
