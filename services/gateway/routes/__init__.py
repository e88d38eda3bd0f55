"""HTTP handlers by what they serve. All but probes and the demo's sign-in are behind `access`."""
