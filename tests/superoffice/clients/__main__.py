"""`make superoffice-tour`: the vendor's package at work on a server of its own, with an ICWS stream beside it.

Exits 0 where all went as it should, 1 where not, and 2 where Node or the package cannot be had.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.server_process import command_environment, start_server
from tests.superoffice.clients.vendor import NotInstalled, install

_TOUR = Path(__file__).with_name("tour.cjs")


def main() -> int:
    """Install the package, start a server with the demo inventory, take the tour, and check the ledger."""
    try:
        folder = install()
    except NotInstalled as missing:
        sys.stderr.write(f"The tour needs the vendor's package: {missing}.\n")
        return 2
    node = shutil.which("node")
    assert node is not None, "install has looked for it"
    with tempfile.TemporaryDirectory(prefix="seatkeeper-tour-") as directory:
        data = Path(directory) / "data"
        with start_server(data, "--demo") as server:
            environment = command_environment({"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
            toured = subprocess.run([node, str(_TOUR), server.url, str(folder)], env=environment, check=False)
        sys.stdout.write("\nseatkeeper check:\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "seatkeeper", "check", "--data", str(data)]
        checked = subprocess.run(command, env=command_environment(), check=False)
    return 1 if toured.returncode or checked.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
