"""Facts of the document as a whole: file, catalog, pages, actions, annotations, structure, signatures."""
