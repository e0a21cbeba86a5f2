"""How carriers are asked over HTTP, and how what they sold is kept in mind."""
