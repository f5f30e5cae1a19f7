"""BGP for any router: paths in a GoBGP daemon."""
