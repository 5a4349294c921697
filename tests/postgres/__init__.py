"""A real PostgreSQL for the tests: its own binaries from a wheel, clusters that can be killed, promoted and cut off."""
