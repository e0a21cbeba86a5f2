"""EDIFACT and X12: segments, the envelopes around messages, groups of segments, and acknowledgements."""
