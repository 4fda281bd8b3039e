// What the command palette offers. The same conditions as for the buttons of an account.
import type { Host } from "./host";
import { text } from "./locale.svelte";
import { isBuiltIn, titleIn, titleOf } from "./text";
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
  const order = snapshot.accounts.map((status) => status.account);
  const moved = (from: number, to: number) => order.map((name, place) => (place === from ? order[to]! : place === to ? order[from]! : name));
  for (const [place, status] of snapshot.accounts.entries()) {
    const name = status.account;
    const account = titleOf(status);
    if (status.removing) {
      add(text("command-undo-removal", { account }), () => host.undoRemoval(name));
      continue;
    }
    const signedIn = status.state === "active" || status.state === "expiring";
    if (status.state === "authorizing" || status.signing_in) add(text("command-cancel-sign-in", { account }), () => host.cancelSignIn(name));
    else if (!signedIn || status.sign_in_needed) add(text("command-sign-in", { account }), () => host.signIn(name));
    if (signedIn && status.reminder != null && !status.signing_in) add(text("command-sign-in-now", { account }), () => host.signIn(name));
    if (signedIn && status.can_be_kept && !status.frozen) add(text("command-keep", { account }), () => host.keep(name));
    if (signedIn) add(text("command-sign-out", { account }), () => host.signOut(name));
    commands.push({ name: text("command-settings", { account }), run: () => pages.settings(name) });
    if (isBuiltIn(status)) continue;
    if (place > 0) add(text("command-up", { account }), () => host.orderAccounts(moved(place, place - 1)));
    if (place < order.length - 1) add(text("command-down", { account }), () => host.orderAccounts(moved(place, place + 1)));
    add(text("command-remove", { account }), () => host.removeAccount(name));
  }
  for (const grant of snapshot.grants ?? []) {
    if (grant.allows) add(text("command-stop", { program: short(grant.program), account: titleIn(snapshot.accounts, grant.account), id: String(grant.id) }), () => host.stopGrant(grant.id));
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
