"""Reads: what the tables say, over read-only connections that never wait for the writer."""
