"""`python -m seatkeeper` is the command `seatkeeper`."""

from seatkeeper.cli.main import main

main()
