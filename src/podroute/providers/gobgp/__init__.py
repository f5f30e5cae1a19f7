"""BGP for any router: paths in a GoBGP daemon."""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # read with grpc; what goes wrong is in exceptions
