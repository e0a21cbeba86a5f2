"""Karrio: carriers behind an API that one runs oneself (https://docs.karrio.io); asked over HTTP alone."""
