"""What the loops tell about themselves: logs and metrics."""
