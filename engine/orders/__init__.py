"""What becomes of an order: decided and committed, batched, waiting, rejected, routed again."""
