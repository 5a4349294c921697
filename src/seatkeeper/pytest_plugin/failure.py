"""What a test is told where its server did not do as asked."""


class SeatkeeperError(Exception):
    """The server did not do what a test asked of it. The text is the server's: what is wrong, and what to do."""
