"""Asking whoever sits at the terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from seatkeeper.cli.failure import ExitCode, Failure


def can_ask() -> bool:
    """Whether somebody sits there who sees what is printed and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def confirm(question: str, *, instead: str) -> None:
    """Go on only after a yes. `instead` are the options that need no answer.

    Raises Failure: 1 after a no or no answer, 2 where nobody can be asked, 130 after Ctrl-C.
    """
    if not can_ask():
        raise nobody_there(instead)
    with _answered():
        agreed = typer.confirm(question)
    if not agreed:
        raise Failure(ExitCode.REFUSED, "Nothing was changed.")


def new_password() -> str:
    """A password that is typed twice and not shown. Raises Failure: 1 where none is typed, 130 after Ctrl-C."""
    with _answered():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="Once more"))


def nobody_there(instead: str) -> Failure:
    """Why a command ends that would have had to ask."""
    return Failure(ExitCode.USAGE, f"There is no terminal to ask on, so nothing was changed; add {instead}.")


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except typer.Abort as abort:
        sys.stdout.write("\n")  # what is told next is to stand below the question
        sys.stdout.flush()
        # Both ways to leave a question end in the same exception; only what it was made of tells them apart.
        if isinstance(abort.__context__, EOFError):
            raise Failure(ExitCode.REFUSED, "There was no answer, so nothing was changed.") from None
        raise Failure(ExitCode.INTERRUPTED, "Interrupted; nothing was changed.") from None
