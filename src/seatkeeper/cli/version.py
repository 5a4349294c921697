"""Which version this is."""


def version() -> str:
    """The installed version, as in `0.1.0`."""
    from importlib import metadata  # noqa: PLC0415 - see the package: heavy imports wait

    return metadata.version("seatkeeper")
