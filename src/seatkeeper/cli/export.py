"""`seatkeeper export`: the whole inventory as a file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from seatkeeper.cli.client import reached
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data


class Whole(StrEnum):
    """What a whole inventory may be written in; a CSV cannot hold one."""

    TOML = "toml"
    JSONL = "jsonl"


def export(
    file: Annotated[
        Path | None, typer.Argument(help="Where it goes. Default: standard output.", show_default=False)
    ] = None,
    *,
    format: Annotated[  # noqa: A002 - what the option is called
        Whole | None,
        typer.Option("--format", help="Default: JSON Lines for a file .jsonl or .ndjson, else TOML."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write the whole inventory, as `apply` takes it.

    Licenses, stations, users and assignments, with the hashes of passwords; so the file is readable by its owner
    alone. Applied where it comes from it changes nothing; applied to an empty data directory it makes the same
    inventory.
    """
    wanted = format or _by_suffix(file)
    if file is not None and file.exists() and not force:
        raise Failure(ExitCode.REFUSED, f"{file} exists already; add --force to write over it.")
    with reached(data, config) as api, _written(file) as out:
        for part in api.stream("/inventory", {"format": wanted.value}):
            out.write(part)


def _by_suffix(file: Path | None) -> Whole:
    suffix = "" if file is None else file.suffix.lower()
    if suffix == ".csv":
        raise Failure(
            ExitCode.USAGE,
            f"A CSV cannot hold a whole inventory; name {file} otherwise, or add --format toml or jsonl.",
        )
    return Whole.JSONL if suffix in {".jsonl", ".ndjson"} else Whole.TOML


@contextmanager
def _written(file: Path | None) -> Iterator[BinaryIO]:
    """Where the export goes. A file appears when it is complete, with what its owner alone may read."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as out:  # noqa: PTH123 - no path: a descriptor
                yield out
                out.flush()
                os.fsync(descriptor)
            partial.replace(file)
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()
    except OSError as error:
        raise Failure(ExitCode.REFUSED, f"{file} cannot be written: {error.strerror or error}.") from None
