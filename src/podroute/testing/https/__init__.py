"""What the simulated APIs of routers have in common: TLS on this machine, and what goes wrong."""
