"""`django-oidc-provider` on a free port of 127.0.0.1, its database in a temporary folder, for the tests.

Prints one JSON line, {"issuer": "…"}, once it listens. `GET /__record` answers with what it was asked so far: one
entry for each request to an endpoint of the protocol, without a code or a token. It ends when its standard input does, so
that it cannot outlive the test.

Only what its documentation tells everybody to configure is configured, so that a native app meets here what it meets at
any site that runs this software. Three things of it matter to a test:

- A redirect URI is compared as a string, port included, so the client has to be registered with the port that the test
  is going to listen at.
- A public client is asked for consent each time, whatever `reuse_consent` says, so `prompt=none` is always answered with
  `consent_required`. The client `abide-confidential` (secret: `SECRET`) is not.
- There is no revocation endpoint. Introspection is for a client with a secret and two scopes: `resource-server`.
"""

import argparse
import json
import os
import ssl
import sys
import tempfile
import threading

SECRET = "a-secret-of-the-tests"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the name in the issuer; the socket is on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", help="PEM file with the chain; https from then on, and cookies for iframes")
    parser.add_argument("--key", help="PEM file with its private key")
    parser.add_argument("--redirect-uri", action="append", default=[])
    parser.add_argument("--post-logout-redirect-uri", action="append", default=[])
    parser.add_argument("--access-token-seconds", type=int, default=3600)
    parser.add_argument("--id-token-seconds", type=int, default=600)
    return parser.parse_args()


def configure(options, folder):
    """What a site writes into its settings.py."""
    from django.conf import settings

    # A cookie reaches an iframe on another site's page only so, and a browser takes it so only over https.
    elsewhere = {}
    if options.certificate:
        elsewhere = {
            "SESSION_COOKIE_SAMESITE": "None",
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SAMESITE": "None",
            "CSRF_COOKIE_SECURE": True,
        }
    settings.configure(
        SECRET_KEY=os.urandom(32).hex(),
        ALLOWED_HOSTS=[options.host, "127.0.0.1"],
        ROOT_URLCONF="site_urls",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "oidc_provider",
        ],
        MIDDLEWARE=[
            # Says how long an answer is: over TLS, one that only ends with the connection could have been cut off.
            "django.middleware.common.CommonMiddleware",
            "site_urls.record",
            "site_urls.cookies_for_iframes",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "oidc_provider.middleware.SessionManagementMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ]
                },
            }
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.path.join(folder, "provider.sqlite3"),
                # Of two requests that write at once, one waits instead of failing.
                "OPTIONS": {"timeout": 10, "transaction_mode": "IMMEDIATE"},
            }
        },
        # Alice's password is short, because there is no real person to protect.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        STATIC_URL="/static/",
        LOGIN_URL="/login/",
        LOGIN_REDIRECT_URL="/",
        LOGOUT_REDIRECT_URL="/",
        OIDC_SESSION_MANAGEMENT_ENABLE=True,
        OIDC_TOKEN_EXPIRE=options.access_token_seconds,
        OIDC_IDTOKEN_EXPIRE=options.id_token_seconds,
        OIDC_USERINFO="site_urls.userinfo",
        **elsewhere,
    )


def populate(options):
    """What a site's administrator enters: a key, the people, the clients."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oidc_provider.models import Client, ResponseType, RSAKey

    call_command("migrate", verbosity=0)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    RSAKey.objects.create(key=key.decode("ascii"))
    for name in ("alice", "bob"):
        get_user_model().objects.create_user(
            name, f"{name}@example.com", "demo", first_name=name.title(), last_name="Example"
        )
    code = ResponseType.objects.get(value="code")
    for name, secret in (("abide", ""), ("abide-confidential", SECRET)):
        client = Client(
            name="Abide",
            client_id=name,
            client_secret=secret,
            client_type="confidential" if secret else "public",
            # As an organisation registers an application of its own.
            require_consent=not secret,
        )
        client.redirect_uris = options.redirect_uri
        client.post_logout_redirect_uris = options.post_logout_redirect_uri
        client.save()
        client.response_types.add(code)
    server = Client(name="Resource server", client_id="resource-server", client_secret=SECRET)
    server.scope = ["token_introspection", "abide", "abide-confidential"]
    server.save()


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="abide-django-") as folder:
        configure(options, folder)
        import django
        from django.conf import settings

        django.setup()
        populate(options)

        from django.contrib.staticfiles.handlers import StaticFilesHandler
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
        from django.core.wsgi import get_wsgi_application

        server = ThreadedWSGIServer(("127.0.0.1", options.port), WSGIRequestHandler, allow_reuse_address=True)
        server.daemon_threads = True
        scheme = "http"
        if options.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.certificate, options.key)
            # The handshake runs in the thread of the request, so that a silent client delays no other.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            # Django compares the origin of a form with its own.
            server.base_environ["HTTPS"] = "on"
            scheme = "https"
        # However the server is called, it goes by one name.
        settings.SITE_URL = f"{scheme}://{options.host}:{server.server_port}"
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"issuer": f"{settings.SITE_URL}/openid"}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
