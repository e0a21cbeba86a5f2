"""A package, so that what is set up for all of it, such as the browser, ends with its last test."""
