"""The HTTP server of every service: uvicorn, with deadlines, caps and a stricter reading of requests."""
