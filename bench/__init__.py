"""Measures Seatkeeper: real servers over loopback, side by side with what bounds them (docs/performance.md)."""
