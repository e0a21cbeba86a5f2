"""What is stored of the sealed log, and the step that seals."""
