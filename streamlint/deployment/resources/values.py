"""What a plain value of YAML or JSON comes to, where only marks of templates and variables make it unknown."""

from __future__ import annotations

import re
from pathlib import Path

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given
from streamlint.surroundings import templates
from streamlint.surroundings.document import Setting

_COMPUTED = re.compile(rf"{templates.HOLE}|\$[A-Za-z_{{(]")
"""A hole, or a variable; `$` at the end of a pattern is none, nor is `$1` of what it caught."""


def plain(path: Path, setting: Setting) -> Given:
    inside = setting.inside if setting.inside is not None or setting.is_text else setting.span
    return Given(setting.value, Anchor(path, setting.span), _COMPUTED.search(setting.value) is None, inside)
