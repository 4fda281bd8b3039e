"""AWS's Security Token Service: refuses every request but the right one; moto answers that one.

Prints its port, and each token that it gets.
"""

import http.server
import re
import urllib.parse
import urllib.request

from moto.server import ThreadedMotoServer

REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"""

moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
moto.start()


def wrong(headers, sent):
    """What is wrong with a request; nothing if it is right."""
    if sent.get("Action") != "AssumeRoleWithWebIdentity" or sent.get("Version") != "2011-06-15":
        return "InvalidAction", "This is not the action."
    if "Authorization" in headers:
        return "InvalidAction", "This action has no signature."
    if set(sent) != {"Action", "Version", "RoleArn", "RoleSessionName", "WebIdentityToken"}:
        return "ValidationError", "There are other parameters: " + ", ".join(sent)
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", sent["RoleSessionName"]):
        return "ValidationError", "This is not the name of a session."
    # The demo provider's tokens are no JWTs.
    if not re.fullmatch(r"[\w.~-]{20,}", sent["WebIdentityToken"]):
        return "InvalidIdentityToken", "This is not a token."
    if sent["RoleArn"] != "arn:aws:iam::123456789012:role/dev":
        return "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    return None


class Sts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        pairs = urllib.parse.parse_qsl(body.decode(), strict_parsing=True)
        reason = wrong(self.headers, dict(pairs)) or (len(pairs) != len(dict(pairs)) and ("ValidationError", "Twice."))
        if reason:
            self.answer(403 if reason[0] == "AccessDenied" else 400, REFUSAL.format(*reason).encode())
            return
        print("TOKEN", dict(pairs)["WebIdentityToken"], flush=True)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        request = urllib.request.Request("http://%s:%d/" % moto.get_host_and_port(), data=body, headers=kind)
        with urllib.request.urlopen(request) as answer:
            self.answer(200, answer.read())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts)
print("PORT", server.server_port, flush=True)
server.serve_forever()
