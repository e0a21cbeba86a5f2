"""Makes calls of Pointsman of what came in, one kind a file: the same shapes and the same calls as over HTTP."""
