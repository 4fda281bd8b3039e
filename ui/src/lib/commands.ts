// What the command palette offers. The same conditions as for the buttons of an account.
import type { Host } from "./host";
import { text } from "./locale.svelte";
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
    if (status.state === "authorizing" || status.signing_in) add(text("command-cancel-sign-in", { account }), () => host.cancelSignIn(account));
    else if (!signedIn || status.sign_in_needed) add(text("command-sign-in", { account }), () => host.signIn(account));
    if (signedIn && status.can_be_kept && !status.frozen) add(text("command-keep", { account }), () => host.keep(account));
    if (signedIn) add(text("command-sign-out", { account }), () => host.signOut(account));
    commands.push({ name: text("command-settings", { account }), run: () => pages.settings(account) });
  }
  for (const grant of snapshot.grants ?? []) {
    if (grant.allows) add(text("command-stop", { program: short(grant.program), account: grant.account, id: String(grant.id) }), () => host.stopGrant(grant.id));
  }
  commands.push(
    { name: text("page-accounts"), run: pages.accounts },
    { name: text("command-tools"), run: pages.tools },
    { name: text("command-activity"), run: pages.activity },
    { name: text("page-add"), run: pages.add },
    { name: text("page-help"), run: pages.help },
  );
  return commands;
}
