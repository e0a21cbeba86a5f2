"""The Lua scripts of calls on an order, each one atomic change."""
