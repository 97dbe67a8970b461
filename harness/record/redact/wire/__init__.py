"""What stands around care data in a message: headers, addresses, cookies, forms, pages and other texts. What
is not known to name nobody becomes a tag; equal values have equal tags wherever they stand.
"""
