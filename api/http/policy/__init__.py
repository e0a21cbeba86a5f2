"""The policies over HTTP: checked, published, activated, and the upload of their files."""
