"""What a developer's machine needs: private servers, a local stack, the sample school, the demo."""
