"""How people and systems reach Pointsman: HTTP, files and the command line."""
