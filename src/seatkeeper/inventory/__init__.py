"""The inventory as a file: read, checked, and turned into one command."""
