"""Conda's `environment.yml`: what conda installs, and the list under `pip`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from streamlint.releases.declared import Declared, Reading, at, of_egg, of_setting
from streamlint.releases.ranges import ANY, parse
from streamlint.source import Source
from streamlint.surroundings import Setting, yaml_file

_CONDA = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)\s*(.*)$")
_FUZZY = re.compile(r"={1,2}(\d[\w.]*)(?:=\S*)?$")


def read(source: Source) -> Reading:
    document = yaml_file.read(source.text)
    return Reading(tuple(_declared(source, tuple(document.under("dependencies")))), document.faults)


def _declared(source: Source, settings: tuple[Setting, ...]) -> Iterator[Declared]:
    for setting in settings:
        if "pip" in setting.keys[2:]:
            declared = of_setting(source, setting) or of_egg(source, setting.value, setting.span)
        else:
            declared = _conda(source, setting)
        if declared is not None:
            yield declared


def _conda(source: Source, setting: Setting) -> Declared | None:
    """Conda's own syntax, of which `=1.2` means any 1.2; nothing is written back to it."""
    match = _CONDA.match(setting.value)
    if match is None or match[1] in ("python", "pip"):
        return None
    fuzzy = _FUZZY.match(match[2].replace(" ", ""))
    if fuzzy is not None:
        is_exact = match[2].lstrip().startswith("==") or match[2].count("=") > 1
        specifier = parse(f"=={fuzzy[1]}" if is_exact else f"=={fuzzy[1].rstrip('.')}.*")
    else:
        specifier = parse(match[2])
    declared = at(source, match[1], specifier if specifier is not None else ANY, setting.inside or setting.span)
    return replace(declared, is_sourced=specifier is None)
