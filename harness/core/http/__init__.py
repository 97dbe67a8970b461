"""What counts as the same in HTTP: addresses, media types, credentials, directives; and how much is read.

Servers, drivers and judges ask these modules and compare nothing of it themselves, so that what one of them
accepts another does not condemn. Each rule names its source; what no source calls equal is different.
"""
