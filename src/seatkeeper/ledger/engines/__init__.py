"""What a database must do for the writer. One module an engine."""
