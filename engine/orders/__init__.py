"""Orders: decided and committed, in batches too; waiting for stock; rejected and routed again."""
