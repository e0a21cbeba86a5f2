"""The console: pages for people, each of which shows what calls of the HTTP API answer.

It is an application of its own, mounted under /console, and a client of the HTTP API within the process: a page makes
calls for whoever is signed in and draws what they answer. So who may do what, how a request is checked, how it is
logged and what happens if it is sent twice is what HTTP does, and the console decides nothing of it.
"""
