"""What all services need and none owns. It knows the broker, the database and the log, never an export's
meaning.
"""
