"""A long run of random hostile input through the renderer: `make soak`. What does harm is kept for a test to replay."""
