"""Development only: private servers and the local stack, the sample school, the demo, fault runs, generated files."""
