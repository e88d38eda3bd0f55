"""Tells other systems by HTTP what happened to an export: an ordinary subscriber of the facts. Knows contracts only."""
