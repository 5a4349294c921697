"""What goes over the wire: content types, bodies, carriers, languages, cultures and time zones (contract 6, 8)."""
