"""Words that findings about proxies, balancers and gateways share, and the finding that most of their rules have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamlint.deployment.gates import Gate
from streamlint.deployment.gates.gate import Reading
from streamlint.deployment.limits import Certainty, Failure
from streamlint.deployment.passages import Passage, Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Related, Severity
from streamlint.messages.nginx import titles
from streamlint.messages.served import lowered, seconds, title
from streamlint.repairs.gates import limit_set, written
from streamlint.rule import Rule

CUT = "{routes} is cut off after {limit} by {gate}"
HELD = "{routes} is held back by {gate} until the answer is whole"
_MOST = 3
_KIND = {Failure.IDLE: " of silence", Failure.TOTAL: " in all", Failure.FIRST_BYTE: " without a first byte"}
_LABEL = {
    Failure.IDLE: "counts between two pieces of the answer",
    Failure.TOTAL: "counts from the request to the last token; a heartbeat does not help",
    Failure.FIRST_BYTE: "counts up to the first byte",
    Failure.BUFFER: "tokens wait here",
    Failure.MASK: "a broken stream looks whole from here on",
}
_REASON = "how long it waits for what hangs is a decision of its owner"


def cut_short(
    rule: Rule, gate: Gate, file: DeploymentFile, failure: Failure, *, zero: str = "", unset: str = ""
) -> Iterator[Fact]:
    """What a rule says of a gate whose limit is shorter than the streams that pass it.

    `zero` is how the gate is told that it has no limit, where that is the way; else the repair writes what the streams need.
    `unset` is what helps where nothing is written, if it is not to write something.
    """
    longest = file.deployment.expected.longest(failure)
    for reading in gate.readings_of(failure):
        limit = reading.limit.seconds
        needed = min(longest, reading.most or longest)
        if limit is None or limit >= needed or reading.is_misread or not _stands_here(gate, reading, file):
            continue
        passages = _passing(gate, file, failure, limit)
        if passages:
            advice = unset if reading.given is None else ""
            counted = f"{seconds(limit)}{_KIND[failure]}"
            yield _fact(rule, gate, reading, file, passages, zero or f"{needed:g}", limit=counted, help=advice)


def holds_back(rule: Rule, gate: Gate, file: DeploymentFile, *, help: str = "") -> Iterator[Fact]:
    """What a rule says of a gate that collects the answers of the streams that pass it."""
    yield from found(rule, gate, file, Failure.BUFFER, help=help)


def found(rule: Rule, gate: Gate, file: DeploymentFile, failure: Failure, *, help: str = "") -> Iterator[Fact]:
    """What a rule says of a gate that fails the streams that pass it in a way that takes no time."""
    for reading in gate.readings_of(failure):
        passages = file.deployment.ask(Passages).of(gate)
        if passages and reading.limit.seconds is None and _stands_here(gate, reading, file):
            yield _fact(rule, gate, reading, file, passages, reading.cure, help=help)


def _passing(gate: Gate, file: DeploymentFile, failure: Failure, limit: float) -> list[Passage]:
    """The streams that a limit fails; a heartbeat saves from silence."""
    passages = file.deployment.ask(Passages).of(gate)
    return [each for each in passages if failure is not Failure.IDLE or not each.route.beats_within(limit)]


def _stands_here(gate: Gate, reading: Reading, file: DeploymentFile) -> bool:
    return (reading.given.anchor if reading.given is not None else gate.anchor).path == file.path


def _fact(
    rule: Rule,
    gate: Gate,
    reading: Reading,
    file: DeploymentFile,
    passages: Sequence[Passage],
    value: str,
    *,
    limit: str = "",
    help: str = "",
) -> Fact:
    certainty = Certainty.POSSIBLE if gate.is_one_of_many else max(each.certainty for each in passages)
    setting = reading.limit.setting

    def repair(_: object) -> Offer:
        return limit_set(gate, reading, value, file.source, _REASON) if value else None

    default = " (the default)" if reading.given is None and reading.limit.seconds is not None else ""
    return file.fact(
        rule,
        reading.given.anchor if reading.given is not None else gate.anchor,
        routes=titles(passages),
        limit=limit,
        gate=f"{gate.title} {gate.name}".strip(),
        label=_label(reading, default),
        help=help or f"set `{setting}` to {written(reading, value)}",
        related=related(gate, file, passages),
        repair=repair,
        severity=lowered(rule.severity, certainty) if rule.severity is not Severity.ADVICE else None,
    )


def _label(reading: Reading, default: str) -> str:
    limit = reading.limit
    if limit.failure is Failure.FIRST_BYTE and limit.seconds is None:
        return f"has no `{limit.setting}`"
    return f"`{limit.setting}`{default} {_LABEL[limit.failure]}"


def related(gate: Gate, file: DeploymentFile, passages: Sequence[Passage]) -> tuple[Related, ...]:
    places = {each.route.place: title(each.route) for each in passages if each.route.place is not None}
    found = [Related(place, f"{name} streams") for place, name in list(places.items())[:_MOST]]
    head = file.place_elsewhere(gate.anchor)
    if head is not None and gate.anchor.path != file.path:
        found.append(Related(head, "uses this value"))
    return tuple(found)
