"""Facts of metadata: XMP packets, their schemas and value types, document information."""
