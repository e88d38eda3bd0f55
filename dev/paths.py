"""The folders of this checkout: its root, what runs leave in `.run`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
RUN = ROOT / ".run"
