"""The file layer of PDF: tokens, objects, filters and encryption, with limits on untrusted bytes."""
