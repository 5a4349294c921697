"""Servers in memory, and what tests may do to a server: all over the wire."""
