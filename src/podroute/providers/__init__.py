"""Route providers: one folder each."""
