"""A harness that tortures the server and judges it from outside.

Clients fight for the seats of small pools over HTTP while the server is killed again and again, at any moment and
certainly inside commits. Each client logs what it asked, what it was answered and when (`log`); after each restart
the harness adds what the server still knows. The judge (`judge`) goes through that log and imports nothing of the
server's. `launcher` starts the server so that it can be held still inside a commit, or spoilt by one of `plants`:
each of those must be found out, or the harness is worth nothing.

    python -m tests.torture --seconds 300 --kills 20
    python -m tests.torture --planted all
"""
