"""`correcta-render`: the embedded way to the same documents, with no broker and no database."""


def main() -> None:
    """Entry point of `correcta-render`. A worker loads this module too, and needs nothing of the command."""
    from services.renderer.cli import command

    command.main()
