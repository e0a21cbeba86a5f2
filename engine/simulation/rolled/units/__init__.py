"""Where units are while a variant is rolled forward: those of orders, and those in the stock of the log and its own."""
