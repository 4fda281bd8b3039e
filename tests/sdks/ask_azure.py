"""Prints a token for the resource that the first argument names."""

import sys
import time

from azure.identity import DefaultAzureCredential

# The address of Microsoft Entra ID is checked with Microsoft, except here.
credential = DefaultAzureCredential(disable_instance_discovery=True)
token = credential.get_token(sys.argv[1] + "/.default")
assert int(token.expires_on - time.time()) > 30, token.expires_on
print("TOKEN", token.token)
