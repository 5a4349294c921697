"""The only writer. Commands go in by the door, outcomes come out after their commit."""
