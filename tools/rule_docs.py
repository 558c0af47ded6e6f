"""Write the README's table of rules and `docs/rules/` from the rules themselves: `python -m tools.rule_docs`."""

from __future__ import annotations

import inspect
from pathlib import Path

from streamlint import rule

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = ROOT / "docs" / "rules"
START, END = "<!-- rules: start -->\n", "<!-- rules: end -->\n"


def main() -> None:
    for path, text in documents().items():
        if read(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


def documents() -> dict[Path, str]:
    """What each document should hold."""
    rules = rule.discover()
    before, rest = read(README).split(START)
    _, after = rest.split(END)
    pages = {PAGES / f"{each.code}.md": _page(each) for each in rules}
    return {README: f"{before}{START}{_table(rules)}{END}{after}", **pages}


def read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _table(rules: tuple[rule.Rule, ...]) -> str:
    rows = (
        f"| [{each.code}](docs/rules/{each.code}.md) | {each.name} | {each.severity} | {_summary(each)} |"
        for each in rules
    )
    return "\n".join(("| Code | Name | Severity | What it finds |", "|---|---|---|---|", *rows, ""))


def _summary(each: rule.Rule) -> str:
    """The first sentence of the rule's documentation that is not a heading, on one line."""
    paragraphs = (inspect.getdoc(type(each)) or "").split("\n\n")
    first = next((paragraph for paragraph in paragraphs if not paragraph.lstrip().startswith("#")), "")
    return " ".join(first.split()).replace("|", "\\|")


def _page(each: rule.Rule) -> str:
    title = f"# {each.code} {each.name}"
    facts = f"Severity: {each.severity} · since {each.since}"
    return f"{title}\n\n{facts}\n\n{inspect.getdoc(type(each)) or ''}\n"


if __name__ == "__main__":
    main()
