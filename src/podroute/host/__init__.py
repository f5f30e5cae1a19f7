"""The machine that podroute runs on: netlink."""
