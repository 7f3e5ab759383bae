"""`yunbox ca`: the certificate of the local authority, which clients that verify the server are to trust."""

import argparse

from yunbox.cli.output import Output
from yunbox.identity.authority import Authority
from yunbox.kernel.errors import NotFound


def run(args: argparse.Namespace, output: Output) -> int:
    """Print it in PEM; it is made now if nothing has needed it yet. Raises NotFound where there is no data folder."""
    data = args.data.expanduser().absolute()
    if not data.is_dir():
        raise NotFound(f"There is no data in {args.data} yet: start the server with `yunbox up --data {args.data}`")
    authority = Authority(data)
    certificate = authority.certificate().decode()
    output.result({"certificate": str(authority.path), "pem": certificate}, certificate.rstrip("\n"))
    return 0
