"""An MCP client with the official SDK: it runs a program and speaks to it on its standard streams.

    python mcp_client.py MODE -- PROGRAM [ARGUMENTS]

MODE is `auto` (2026-07-28, otherwise an earlier version) or `legacy`. Prints one line for each result.
"""

import asyncio
import os
import sys

from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

mode, _, command, *args = sys.argv[1:]


async def person(context, params):
    return ElicitResult(action="accept", content={"name": "Alice"})


async def main():
    program = StdioServerParameters(command=command, args=args, env=dict(os.environ))
    async with Client(program, mode=mode, elicitation_callback=person) as client:
        print("version", client.protocol_version)
        print("tools", " ".join(tool.name for tool in (await client.list_tools()).tools))
        for name, arguments in [("echo", {"text": "hello"}), ("region", {"region": "K\u00f6ln"})]:
            answer = await client.call_tool(name, arguments)
            print(name, answer.content[0].text)
        if mode == "legacy":
            print("ask", (await client.call_tool("ask", {})).content[0].text)


try:
    asyncio.run(main())
except BaseException as error:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    print("error:", error)
    sys.exit(1)
