"""What each service's account may do at the broker and in Correcta's tables, written from the code to `deploy/`."""
