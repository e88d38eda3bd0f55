"""Speed and memory measured reproducibly: ours beside peers, and the services as they run."""
