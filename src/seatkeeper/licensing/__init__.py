"""The licensing rules: pure functions over plain values.

No I/O, no clock, no HTTP and no SQL. Time comes in as integer milliseconds since 1970-01-01T00:00Z.
"""
