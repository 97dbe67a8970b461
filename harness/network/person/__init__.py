"""The person: who is declared, what is expected of them, and the browser that walks the pages of a DVZA."""
