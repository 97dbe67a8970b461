"""Facts of the document as a whole: file, catalog, actions, annotations, attachments, structure."""
