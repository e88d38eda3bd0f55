"""The 2,000 formulas of real exam questions that tests are held against, one string each."""

from pathlib import Path

FORMULAS = (Path(__file__).parent / "data/formulas.txt").read_text(encoding="utf-8").splitlines()
