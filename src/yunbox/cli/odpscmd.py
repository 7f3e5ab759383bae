"""`odpscmd`: the MaxCompute console. Results go to stdout; everything else goes to stderr.

Options and files follow the vendor's console: ``-e``, ``-f``, ``--project``, ``--config`` with odps_config.ini.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from yunbox.cli.console import Console, Quit, StatementFailed
from yunbox.kernel.errors import KernelError


def main(argv: list[str] | None = None) -> int:
    """Run the console; returns the exit status: 0 when every statement succeeded."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    args = _parser().parse_args(sys.argv[1:] if argv is None else argv)
    try:
        console = Console(args)
        text = _script(args)
        if text is None:
            from yunbox.cli.shell import Shell

            return Shell(console).run()
        console.run_script(text)
    except Quit:
        return 0
    except StatementFailed as failure:
        print(f"FAILED: {failure.message}", file=sys.stderr)
        return 1
    except KernelError as error:
        code = f"{error.code}: " if error.code else ""
        print(f"FAILED: {code}{error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _script(args: argparse.Namespace) -> str | None:
    if args.execute is not None:
        return args.execute
    if args.file:
        try:
            return sys.stdin.read() if args.file == "-" else Path(args.file).read_text("utf-8-sig")
        except OSError as error:
            raise KernelError(f"Cannot read {args.file}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise KernelError(f"Cannot read {args.file}: it is not UTF-8 at byte {error.start}") from None
    return None if sys.stdin.isatty() else sys.stdin.read()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="odpscmd", description="The MaxCompute console, for a Yunbox server.")
    parser.add_argument("-e", dest="execute", metavar="SQL", help="run these statements and leave")
    parser.add_argument("-f", dest="file", metavar="FILE", help="run the statements of a file (- for standard input)")
    parser.add_argument("--project", help="the project to work in")
    parser.add_argument("--config", metavar="FILE", help="an odps_config.ini")
    parser.add_argument("--endpoint", help="the MaxCompute endpoint")
    parser.add_argument("-u", dest="user", metavar="ID", help="the AccessKey id")
    parser.add_argument("-p", dest="password", metavar="SECRET", help="the AccessKey secret")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("YUNBOX_DATA", "~/.yunbox")),
        help="the data folder of a local server (default: $YUNBOX_DATA or ~/.yunbox)",
    )
    parser.add_argument(
        "--no-logview",
        dest="logview",
        action="store_false",
        help="no link to each instance (or log_view=off in the file)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no cost on stderr")
    return parser


if __name__ == "__main__":
    sys.exit(main())
