"""Pages of the documentation that scripts write."""

import sys
from pathlib import Path


def keep(page: Path, text: str) -> int:
    """Write `text` as the page; with --check only say whether it is what the page has. The exit code."""
    if "--check" not in sys.argv[1:]:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    print(f"{page} is out of date: run {Path(sys.argv[0]).name}.", file=sys.stderr)  # noqa: T201 - as its user is told
    return 1
