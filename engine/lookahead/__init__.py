"""What a unit shipped now is expected to cost later: learnt of the log, and what was possible with all orders known."""
