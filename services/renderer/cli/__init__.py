"""`correcta-render`: the embedded way to the same documents, with no broker and no database."""

import sys


def main() -> None:
    """Entry point of `correcta-render`. A worker loads this module too, and needs nothing of the command."""
    from services.renderer.workers.forking import start_forkserver

    if sys.argv[1:2] in (["report"], ["zip"]):
        start_forkserver()  # it loads while the command does
    from services.renderer.cli import command

    command.main()
