"""What every face's requests pass through, whatever the face: limits, departures, the access log. Knows no face."""
