"""The command line. One module a command.

A command speaks the admin API, also where no server runs: then to the same application in its own process. Modules
import what is heavy only when their command runs, so that `--help` and a wrong option are answered at once.
"""
