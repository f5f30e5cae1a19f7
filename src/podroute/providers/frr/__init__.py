"""The static routes of FRRouting, on this machine or on a router."""
