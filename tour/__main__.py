"""`./yunbox tour`: the story of the product on real data, told by running it."""

import argparse
import sys
from pathlib import Path

from stages import STAGES
from story import Story


def main() -> int:
    """Run every stage, or those named."""
    parser = argparse.ArgumentParser(prog="yunbox tour", description="The story of the product on real data.")
    parser.add_argument("--folder", type=Path, default=Path("tour-output"), help="where the results go")
    parser.add_argument("--stage", action="append", choices=[stage.name for stage in STAGES], help="only this stage")
    args = parser.parse_args()
    chosen = [stage for stage in STAGES if not args.stage or stage.name in args.stage]
    return Story(args.folder.absolute()).tell(chosen)


if __name__ == "__main__":
    sys.exit(main())
