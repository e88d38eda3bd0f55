"""What clients of local services, which speak plain HTTP, are given as `verify`: an httpx2 client that trusts nobody is
made at once, one that reads everyone's certificates takes a tenth of a second.
"""

import ssl

TRUST_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
