"""What becomes of shipments once they are picked, over HTTP."""
