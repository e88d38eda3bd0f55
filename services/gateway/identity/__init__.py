"""Who sends a request: session tokens and the cookies and headers they come in, and the protection against CSRF."""
