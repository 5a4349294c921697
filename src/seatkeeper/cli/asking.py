"""Asking whoever sits at the terminal."""

import sys

import typer

from seatkeeper.cli.failure import ExitCode, Failure


def can_ask() -> bool:
    """Whether somebody sits there who sees what is printed and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def confirm(question: str, *, instead: str) -> None:
    """Go on only after a yes. `instead` are the options that need no answer.

    Raises Failure: 1 after a no, 2 where nobody can be asked.
    """
    if not can_ask():
        raise nobody_there(instead)
    if not typer.confirm(question):
        raise Failure(ExitCode.REFUSED, "Nothing was changed.")


def nobody_there(instead: str) -> Failure:
    """Why a command ends that would have had to ask."""
    return Failure(ExitCode.USAGE, f"There is no terminal to ask on, so nothing was changed; add {instead}.")
