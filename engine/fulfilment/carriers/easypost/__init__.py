"""EasyPost: carriers of North America and others behind one API (https://docs.easypost.com)."""
