"""The facts that are kept with a decision, so that it can be decided again."""
