"""Decision 0: which of a Node's claims are believed."""
