"""How a command is added to its group: with its docstring as help, and examples below the options."""

from collections.abc import Callable

import typer


def add_command(group: typer.Typer, name: str, command: Callable[..., None], *examples: str) -> None:
    """Add a command that is run by `command`. Each example is typed behind `seatkeeper`."""
    # Line breaks within a paragraph are kept in a help text but lost in an epilog; neither is what is meant.
    paragraphs = (" ".join(each.split()) for each in (command.__doc__ or "").split("\n\n"))
    epilog = "\n\n".join(["For example:", *(f"$ seatkeeper {each}" for each in examples)])
    group.command(name, help="\n\n".join(paragraphs).strip(), epilog=epilog)(command)
