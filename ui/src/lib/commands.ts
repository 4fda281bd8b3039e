// What the command palette offers. The same conditions as for the buttons of an account.
import type { Host } from "./host";
import { short } from "./tools";
import type { Snapshot } from "./wire";

export interface Command {
  name: string;
  run: () => void;
}

/** The pages that a command can open. */
export interface Pages {
  accounts: () => void;
  tools: () => void;
  activity: () => void;
  add: () => void;
  settings: (account?: string) => void;
  help: () => void;
}

/** Every command that makes sense now. What goes wrong is shown by `failed`. */
export function commandsFor(host: Host, snapshot: Snapshot, pages: Pages, failed: (reason: unknown) => void): Command[] {
  const commands: Command[] = [];
  const add = (name: string, work: () => Promise<void>) => commands.push({ name, run: () => void work().catch(failed) });
  for (const status of snapshot.accounts) {
    const { account } = status;
    const signedIn = status.state === "active" || status.state === "expiring";
    if (status.state === "authorizing" || status.signing_in) add(`Cancel the sign-in: ${account}`, () => host.cancelSignIn(account));
    else if (!signedIn || status.sign_in_needed) add(`Sign in: ${account}`, () => host.signIn(account));
    if (signedIn && status.can_be_kept && !status.frozen) add(`Keep the session: ${account}`, () => host.keep(account));
    if (signedIn) add(`Sign out: ${account}`, () => host.signOut(account));
    commands.push({ name: `Settings: ${account}`, run: () => pages.settings(account) });
  }
  for (const grant of snapshot.grants ?? []) {
    if (grant.allows) add(`Stop: ${short(grant.program)} (${grant.account}, number ${grant.id})`, () => host.stopGrant(grant.id));
  }
  commands.push(
    { name: "Accounts", run: pages.accounts },
    { name: "Tools: apps that may use your accounts", run: pages.tools },
    { name: "Activity: what was recorded", run: pages.activity },
    { name: "Add an account", run: pages.add },
    { name: "Help", run: pages.help },
  );
  return commands;
}
