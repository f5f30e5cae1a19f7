"""The part of GoBGP's own API that we use; all but the excerpt is generated, see ADR 34."""
