"""Seatkeeper, a license server."""
