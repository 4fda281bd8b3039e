"""An MCP server with the official SDK, which speaks 2026-07-28 and the versions before it. It takes tokens of one provider, for itself only.

    python mcp_server.py ISSUER CLIENT_ID

Prints `PORT n`, and each token's digest with the version that its request names.
"""

import hashlib
import json
import socket
import sys
import time
import urllib.parse
import urllib.request
from typing import Annotated

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel, Field

issuer, client_id = sys.argv[1:3]
with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as answer:
    introspection = json.load(answer)["introspection_endpoint"]
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
resource = f"http://127.0.0.1:{port}/mcp"


class Verifier:
    async def verify_token(self, token: str) -> AccessToken | None:
        print("TOKEN", hashlib.sha256(token.encode()).hexdigest()[:12], flush=True)
        body = urllib.parse.urlencode({"token": token, "client_id": client_id}).encode()
        with urllib.request.urlopen(introspection, body) as answer:
            about = json.load(answer)
        if not about["active"]:
            return None
        return AccessToken(
            token=token,
            client_id=about["client_id"],
            scopes=about["scope"].split(),
            expires_at=about.get("exp", int(time.time()) + 60),
            resource=about["aud"],
            subject=about["sub"],
        )


server = MCPServer(
    "abide-test",
    token_verifier=Verifier(),
    auth=AuthSettings(
        issuer_url=issuer,
        resource_server_url=resource,
        required_scopes=["openid"],
        validate_token_resource=True,
    ),
)


class Person(BaseModel):
    name: str


@server.tool()
async def echo(text: str) -> str:
    return f"heard: {text}"


@server.tool()
async def region(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    return f"in {region}"


@server.tool()
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit("Your name?", Person)
    return f"{answer.action}: {answer.data.name}"


print("PORT", port, flush=True)
server.run("streamable-http", host="127.0.0.1", port=port)
