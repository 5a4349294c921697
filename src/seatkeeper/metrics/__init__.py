"""What Prometheus reads: pools, denials, sessions, batches and commits, latencies by route."""
