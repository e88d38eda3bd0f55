"""Every text that the gateway itself shows, in each language: sentences of the HTTP interface, words of its pages."""
