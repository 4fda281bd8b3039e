"""Tokens of your Abide session for programs that use the Python package ``keyring``, such as twine.

Only servers that ``[[dialects.keyring]]`` of Abide's configuration names get a token. For other services, ``keyring`` asks
its other backends.
"""

import json
import subprocess
import sys

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import PasswordDeleteError, PasswordSetError


class AbideKeyring(KeyringBackend):
    """Asks the command ``abide``, which has to be in ``PATH``."""

    # Before the keyring of the system (5): Abide answers only for servers that the user has named.
    priority = 9

    def get_credential(self, service, username):
        """The user name and the token, or None."""
        words = ["abide", "credential", "--format", "keyring", "--", "--mode=creds", "--output=json", "get", service]
        try:
            done = subprocess.run(
                words + ([username] if username else []),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                check=False,
            )
        except OSError:
            return None
        if done.returncode != 0:
            # What a person has to do, for example to sign in. A server that is not named has nothing here.
            sys.stderr.buffer.write(done.stderr)
            return None
        answer = json.loads(done.stdout)
        return SimpleCredential(answer["username"], answer["password"])

    def get_password(self, service, username):
        """The token, or None."""
        found = self.get_credential(service, username)
        return found.password if found else None

    def set_password(self, service, username, password):
        """Not possible: there are no passwords."""
        raise PasswordSetError("Abide stores no passwords.")

    def delete_password(self, service, username):
        """Not possible: sign out with ``abide logout``."""
        raise PasswordDeleteError("Abide stores no passwords.")
