"""The way to a router by SSH, for every provider that takes it."""
