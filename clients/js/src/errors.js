/** The agent has refused, or there is no answer. `code` is one of docs/local-endpoint.md, or of this library. */
export class AbideError extends Error {
  constructor(code, description, reason) {
    super(description);
    this.name = "AbideError";
    this.code = code;
    this.case = reason ?? null;
  }
}

export const notRunning = (detail) =>
  new AbideError("agent_not_running", `${detail} Start Abide from the menu, or run \`abide agent\`.`);

export const notProved = () =>
  new AbideError(
    "agent_not_proved",
    "The answer is not signed with this client key. Another program may have Abide's port: run `abide doctor`. Or the key was revoked: " +
      "run `abide clients list`.",
  );
