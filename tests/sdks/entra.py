"""Microsoft Entra ID for a workload identity: refuses every request but the right one. Writes its certificate to the first argument.

Prints its port, and each token that it gets.
"""

import datetime
import http.server
import ipaddress
import json
import ssl
import sys
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLIENT, TENANT = sys.argv[2:4]
RIGHT = {
    "grant_type": "client_credentials",
    "client_id": CLIENT,
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "scope": "https://management.azure.com/.default",
}


def certificate(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    with open(path, "wb") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(path + ".key", "wb") as file:
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(pem, form, serialization.NoEncryption()))


class Entra(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        here = "https://%s/%s" % (self.headers["Host"], TENANT)
        if self.path != "/%s/v2.0/.well-known/openid-configuration" % TENANT:
            return self.answer(404, {"error": "not_found"})
        self.answer(200, {
            "issuer": here + "/v2.0",
            "authorization_endpoint": here + "/oauth2/v2.0/authorize",
            "token_endpoint": here + "/oauth2/v2.0/token",
        })

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        different = [name for name, value in RIGHT.items() if sent.get(name) != value]
        if len(sent.get("client_assertion", "")) < 20:
            different.append("client_assertion")
        if self.path != "/%s/oauth2/v2.0/token" % TENANT or different:
            return self.answer(400, {"error": "invalid_request", "error_description": "Wrong: %s" % different})
        print("TOKEN", sent["client_assertion"], flush=True)
        self.answer(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "token-of-the-application"})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


certificate(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Entra)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[1] + ".key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print("PORT", server.server_port, flush=True)
server.serve_forever()
