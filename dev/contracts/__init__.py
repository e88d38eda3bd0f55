"""The contracts as files that other languages read, generated from the code: JSON Schemas, AsyncAPI, OpenAPI."""
