"""What is done with each request, whatever it asks for."""
