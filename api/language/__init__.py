"""The language in which commands, the console and reports speak: English, or that of a folder here, such as `fr/`."""
