"""The DVZA twin: authorization, token and resource server; strict, every deviation is a named fault."""
