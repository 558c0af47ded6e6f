"""A deployment of LlamaDeploy: what each of its services installs, under `python-dependencies`."""

from __future__ import annotations

from streamlint.releases.declared import Reading, of_settings
from streamlint.source import Source
from streamlint.surroundings import yaml_file

_INSTALLED = "python-dependencies"


def read(source: Source) -> Reading:
    document = yaml_file.read(source.text)
    listed = (each for each in document.under("services") if each.keys[2:3] == (_INSTALLED,))
    return Reading(of_settings(source, listed), document.faults)
