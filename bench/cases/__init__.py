"""One module a case; each has `measure`, which returns what it measured."""
