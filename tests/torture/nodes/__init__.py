"""The torture of several nodes: three servers on one PostgreSQL with a synchronous standby.

Clients ask any node about any session. Meanwhile nodes are killed, paused and cut off, the primary is killed and its
standby promoted, an older backup restored (`faults`). After each fault the clients rest for a moment, and the harness
adds to the log what every node says, and what the tables say that it reads itself; then they go on. The judge is that
of one server.

    python -m tests.torture.nodes --seconds 400
    python -m tests.torture.nodes --planted all
"""
