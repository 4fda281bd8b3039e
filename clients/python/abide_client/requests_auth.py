"""Tokens for `requests`.

    session.auth = AbideAuth("https://api.example.com", account="work")
"""

from urllib.parse import urldefrag, urlsplit, urlunsplit

import requests.auth

from . import Abide, _Origin


class AbideAuth(requests.auth.AuthBase):
    """Adds a token to requests to one origin, and to no other."""

    def __init__(self, origin, account=None, *, abide=None, **wanted):
        self._origin = _Origin(origin)
        self._abide = abide or Abide()
        self._wanted = {"account": account, **wanted}

    def __call__(self, request):
        if self._origin.covers(request.url):
            parts = urlsplit(urldefrag(request.url).url)
            url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
            token = self._abide.token(htm=request.method, htu=url, **self._wanted)
            request.headers.update(token.headers())
        return request
