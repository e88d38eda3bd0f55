"""Hostile input: content that names addresses, asks for more than it may, or is random; and watchers that tell what it
reached. Tests take slices of it, `dev.soak` the whole.
"""
