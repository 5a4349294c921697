"""`seatkeeper export`: the whole inventory as a file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from seatkeeper.cli.client import reached
from seatkeeper.cli.documents import Format
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data


def export(
    file: Annotated[
        Path | None, typer.Argument(help="Where it goes. Default: standard output.", show_default=False)
    ] = None,
    *,
    format: Annotated[  # noqa: A002 - what the option is called
        Format | None, typer.Option("--format", help="toml or jsonl. Default: by the file's suffix, else toml.")
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
    wanted = format or (Format.JSONL if file and file.suffix.lower() in {".jsonl", ".ndjson"} else Format.TOML)
    if wanted is Format.CSV:
        raise Failure(ExitCode.USAGE, "A CSV cannot hold a whole inventory; export as toml or jsonl.")
    if file is not None and file.exists() and not force:
        raise Failure(ExitCode.REFUSED, f"{file} exists already; add --force to write over it.")
    with reached(data, config) as api, _written(file) as out:
        for part in api.stream("/inventory", {"format": wanted.value}):
            out.write(part)


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
