"""The evidence report of a period: emissions, end-of-line stock, changes of rules, exceptions."""
