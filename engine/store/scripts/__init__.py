"""The Lua scripts, each one atomic change or read."""
