"""docs/coverage.md: which rows of a vendor's API are here, as the tests that hold them tell."""
