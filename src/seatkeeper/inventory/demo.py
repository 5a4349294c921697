"""The demo inventory, which ships with the package."""

from importlib.resources import files
from typing import Final

DEMO_NAME: Final = "demo.toml"
DEMO_LOGIN: Final = "agent01"
DEMO_PASSWORD: Final = "demo-agent01"  # noqa: S105 - of the demo, for everybody to read


def demo_text() -> str:
    """The file's text, for trying out; its comments say what each thing lets one try."""
    return files(__package__).joinpath(DEMO_NAME).read_text(encoding="utf-8")
