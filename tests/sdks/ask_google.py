"""Prints the token that Google's library finds."""

import google.auth
import google.auth.transport.requests

credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
credentials.refresh(google.auth.transport.requests.Request())
assert credentials.valid
print("TOKEN", credentials.token)
