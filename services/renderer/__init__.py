"""Turns an exam of Correcta into a document: a request comes from the broker, a file goes to storage. Reads only."""
