"""`python -m yunbox`: the same as the `yunbox` command."""

import sys

from yunbox.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
