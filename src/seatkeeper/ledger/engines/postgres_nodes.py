"""How nodes stand in a PostgreSQL database: the locks that they hold there, and what they are called."""

import hashlib
from importlib.metadata import version
from typing import Final, NamedTuple

from seatkeeper.ledger.schema import node_name

_NODES: Final = 0x5EA7_0001
_LEAD: Final = 0x5EA7_0002
"""The first half of the advisory locks: of nodes, by their number, and of the one that leads."""

# What a node is called in `pg_stat_activity`: its schema, number, version and the digest of its settings.
NAME: Final = "SELECT set_config('application_name', %s, false)"
# Where the network broke, the server may still think that this node's former session is there, lead and all.
END_FORMER: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE %s AND usesysid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      AND datname = current_database() AND pid <> pg_backend_pid()
"""
BE_THERE: Final = f"SELECT pg_advisory_lock({_NODES}, %s)"
TRY_TO_LEAD: Final = f"SELECT pg_try_advisory_lock({_LEAD}, 0)"
LEAD_NO_MORE: Final = f"SELECT pg_advisory_unlock({_LEAD}, 0)"
# PostgreSQL shows the two halves of an advisory lock's number as `classid` and `objid`, and as `objsubid` that there
# are two.
LOOK: Final = f"""
    SELECT node.objid::bigint, coalesce(a.application_name, ''), lead.pid IS NOT NULL, node.pid = pg_backend_pid()
    FROM pg_locks node
    LEFT JOIN pg_locks lead ON lead.pid = node.pid AND lead.locktype = 'advisory' AND lead.granted
      AND lead.classid = {_LEAD} AND lead.objid = 0 AND lead.objsubid = 2 AND lead.database = node.database
    LEFT JOIN pg_stat_activity a ON a.pid = node.pid
    WHERE node.locktype = 'advisory' AND node.granted AND node.classid = {_NODES} AND node.objsubid = 2
      AND node.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_LONGEST_NAME: Final = 63  # bytes, after which PostgreSQL cuts it
_DIGEST: Final = 4  # bytes


class Name(NamedTuple):
    """What a node says of itself by its name: its version, and the digest of its settings."""

    version: str
    settings: str


def name_of(node: int, settings: str) -> str:
    """The name of a node of this version. A version that is too long ends in a digest of itself."""
    before, after, own = f"{node_name()} {node} ", f" {settings or '-'}", version("seatkeeper")
    room = _LONGEST_NAME - len(before) - len(after)
    if len(own) > room:
        digest = hashlib.blake2s(own.encode(), digest_size=_DIGEST).hexdigest()
        own = f"{own[: max(0, room - len(digest) - 1)]}~{digest}"
    return f"{before}{own}{after}"


def read_name(name: str) -> Name:
    """What a name says; nothing where it is that of something else."""
    *_, its_version, its_settings = name.split() if name.count(" ") >= 3 else ("", "")
    return Name(its_version, its_settings)


def former_name(node: int) -> str:
    """The pattern of the names that a node has had."""
    return f"seatkeeper node % {node} %"
