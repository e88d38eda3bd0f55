"""Service tokens: credentials of other services for the HTTP interface, and the command that mints and revokes them."""
