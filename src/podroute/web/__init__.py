"""HTTP endpoints of the loops."""
