"""`python -m services.gateway.cli`, the same as `correcta-export`."""

from services.gateway.cli.command import main

main()
