"""Edits of nginx files: a setting for one location, another value or name, or a statement less; the layout stays."""

from __future__ import annotations

from dataclasses import replace

from streamlint.deployment.nginx_sites import Effective, Location, NginxSites
from streamlint.deployment.nginx_tree import Statement
from streamlint.deployment_file import DeploymentFile
from streamlint.fix import Edit, Fix, Level
from streamlint.source import Source, Span


def set_for(
    location: Location, current: Effective, value: str, file: DeploymentFile, level: Level, reason: str
) -> Fix | None:
    """Say in a location what else holds by default or from around, or otherwise; None where that stands in another file.

    Nor where another location includes the same text and says it already: nginx does not start with two.
    """
    source = file.source
    own = current.statement is not None and current.block is location.home.statement
    if own and current.statement is not None:
        return set_at(current.statement, value, source, level, reason)
    if location.home is not location or location.passing is None:
        return None
    before = location.passing.statement
    same = file.deployment.ask(NginxSites).at.get(location.anchor, ())
    if before.path != source.path or any(each.statement.own(current.name) for each in same):
        return None
    text = f"{current.name} {value};"
    return Fix(f"write `{text}`", (written_before(before, text, source),), level, reason)


def set_at(statement: Statement, value: str, source: Source, level: Level, reason: str) -> Fix | None:
    """Another value where one is written."""
    arguments = statement.directive.arguments
    if statement.path != source.path or not arguments:
        return None
    span = Span(arguments[0].span.start, arguments[-1].span.end)
    title = f"write `{statement.name} {value};`"
    return Fix(title, (Edit(span, value),), level, reason, drops=(source.slice(span),))


def written_before(statement: Statement, text: str, source: Source) -> Edit:
    """A statement on a line before another one, or before it in its line where something else begins that."""
    start = statement.directive.span.start
    line = source.line_span(start)
    indent = source.text[line.start : start]
    behind = f"{source.newline}{indent}" if not indent.strip() else " "
    return Edit(Span(start, start), f"{text}{behind}")


def renamed(statement: Statement, name: str, source: Source, level: Level, reason: str) -> Fix | None:
    """The same statement under another name."""
    if statement.path != source.path:
        return None
    start = statement.directive.span.start
    span = Span(start, start + len(statement.name))
    if source.slice(span) != statement.name:
        return None
    return Fix(f"write `{name}`", (Edit(span, name),), level, reason, drops=(statement.name,))


def removed(statement: Statement, source: Source, level: Level, reason: str) -> Fix | None:
    """A statement less, with its line where it stands alone there; a comment stays."""
    if statement.path != source.path:
        return None
    span = statement.directive.span
    line = source.line_span(span.start)
    before, behind = source.text[line.start : span.start], source.text[span.end : line.end]
    is_alone = not before.strip() and not behind.strip() and span.end <= line.end
    title = f"remove `{statement.name}`"
    written = source.slice(span)
    gap = 0 if is_alone or not behind.strip() else len(behind) - len(behind.lstrip(" \t"))
    edit = Edit(line if is_alone else Span(span.start, span.end + gap), "")
    return Fix(title, (edit,), level, reason, drops=(written,))


def replaced(statement: Statement, text: str, source: Source, level: Level, reason: str) -> Fix | None:
    """Another statement in the place of one."""
    if statement.path != source.path:
        return None
    span = statement.directive.span
    return Fix(f"write `{text}`", (Edit(span, text),), level, reason, drops=(source.slice(span),))


def argument_less(statement: Statement, word: str, source: Source, level: Level, reason: str) -> Fix | None:
    """A word less of several, or the statement with its only one."""
    arguments = statement.directive.arguments
    at = next((number for number, each in enumerate(arguments) if each.text.lower() == word.lower()), None)
    if at is None or statement.path != source.path:
        return None
    if len(arguments) == 1:
        return removed(statement, source, level, reason)
    before = arguments[at - 1].span.end if at else statement.directive.span.start + len(statement.name)
    span = Span(before, arguments[at].span.end)
    return Fix(f"remove `{arguments[at].text}`", (Edit(span, ""),), level, reason, drops=(arguments[at].text,))


def kept_alive(location: Location, fix: Fix, source: Source) -> Fix:
    """The fix for HTTP/1.1, and the header that lets connections behind an `upstream` with `keepalive` live.

    A header of its own would take those away that the location inherits, so that nothing is added then.
    """
    passing = location.passing
    if passing is None or not passing.keeps_connections or location.home is not location:
        return fix
    headers = location.setting("proxy_set_header")
    own = location.statement.own("proxy_set_header")
    is_set = any(each.texts[:1] and each.texts[0].lower() == "connection" for each in own)
    if (
        is_set
        or (headers.statement is not None and not own)
        or (headers.statement is None and not headers.is_known and not own)
    ):
        return fix
    edit = written_before(passing.statement, 'proxy_set_header Connection "";', source)
    return replace(fix, edits=(*fix.edits, edit)) if passing.statement.path == source.path else fix
