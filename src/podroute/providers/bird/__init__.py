"""The static routes of a BIRD, on this machine or on a router."""
