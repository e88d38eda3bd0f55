"""One export over many renderers: shards offered to whoever is free, taken, typeset, and fetched from storage.

Everything here is an optimisation. Where the broker or storage is away, or another renderer dies, the shard is typeset
by the renderer that has the export, with the same bytes.
"""
