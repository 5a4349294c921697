"""Whether the lock files still fit pyproject.toml: every dependency locked, at a version that it asks for.

Works without a package index. It does not look whether newer versions exist; `make lock` does that.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def locked(lock: str) -> dict[str, str]:
    """Name and version of every package in a lock file."""
    return {canonicalize_name(name): version for name, version in LOCKED.findall((ROOT / lock).read_text())}


def differences(lock: str, requirements: list[str]) -> list[str]:
    """What a lock file lacks or holds at a version that is not asked for."""
    versions = locked(lock)
    found = []
    for requirement in map(Requirement, requirements):
        version = versions.get(canonicalize_name(requirement.name))
        if version is None:
            found.append(f"{lock}: {requirement.name} is missing")
        elif not requirement.specifier.contains(version, prereleases=True):
            found.append(f"{lock}: {requirement.name} is {version}, but {requirement} is asked for")
    return found


def main() -> int:
    """Print each difference; 1 where there is one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    found = differences("requirements.lock", runtime)
    found += differences("requirements-dev.lock", runtime + project["dependency-groups"]["dev"])
    development = locked("requirements-dev.lock")
    found += [
        f"requirements-dev.lock: {name} is {development.get(name)}, but requirements.lock has {version}"
        for name, version in locked("requirements.lock").items()
        if development.get(name) != version
    ]
    for each in found:
        print(each, file=sys.stderr)  # noqa: T201 - this is what the script is for
    if found:
        print("Run 'make lock' and commit both lock files.", file=sys.stderr)  # noqa: T201 - as above
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
