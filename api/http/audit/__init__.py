"""Resources for auditors."""
