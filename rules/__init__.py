"""The language merchandisers write: pure values and functions, no Redis, no Flask, no clock."""
