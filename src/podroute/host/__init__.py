"""This machine: netlink."""
