"""How a decision is made: facts in, decision out. Pure: no I/O, no clock."""
