"""Write the README's table of rules and `docs/rules/` from the rules themselves: `python -m tools.rule_docs`."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from streamlint import rule

_PIPE = "\\|"
ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = ROOT / "docs" / "rules"
SAMPLE = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex.from_documents([])


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return {"answer": "".join(response.response_gen)}
"""


def main() -> None:
    for path, text in documents().items():
        if read(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


def documents() -> dict[Path, str]:
    """What each document should hold."""
    rules = rule.discover()
    readme = _filled(_filled(read(README), "rules", _table(rules)), "finding", _finding())
    return {README: readme, **{PAGES / f"{each.code}.md": _page(each) for each in rules}}


def read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _filled(text: str, marker: str, content: str) -> str:
    """The text with `content` between the two markers of this name."""
    start, end = f"<!-- {marker}: start -->\n", f"<!-- {marker}: end -->\n"
    before, rest = text.split(start)
    return f"{before}{start}{content}{end}{rest.split(end)[1]}"


def _finding() -> str:
    """What streamlint says about the sample."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "chat.py").write_text(SAMPLE, "utf-8")
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "streamlint", "chat.py"]
        output = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
        )
    return f"```text\n$ streamlint chat.py\n{output.stdout.rstrip()}\n```\n"


def _table(rules: tuple[rule.Rule, ...]) -> str:
    rows = (
        f"| [{each.code}](docs/rules/{each.code}.md) | {each.name} | {each.severity} | {rule.summary(each).replace('|', _PIPE)} |"
        for each in rules
    )
    return "\n".join(("| Code | Name | Severity | What it finds |", "|---|---|---|---|", *rows, ""))


def _page(each: rule.Rule) -> str:
    title = f"# {each.code} {each.name}"
    facts = f"Severity: {each.severity} · since {each.since}"
    return f"{title}\n\n{facts}\n\n{inspect.getdoc(type(each)) or ''}\n"


if __name__ == "__main__":
    main()
