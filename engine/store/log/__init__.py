"""The log of all changes: its entries, and how they are read. The Lua scripts write it."""
