"""Sessions of ``harness serve``: the HTTP API (``api``, described by ``openapi.yaml``), what it says
(``documents``), and the commands that speak to it (``commands``)."""
