"""Connections: the client of all drivers, the connect map, the servers of all mocks, the router before
them."""
