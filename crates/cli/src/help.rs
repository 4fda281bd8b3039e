//! The help pages. Plain text of at most 80 columns.

/// The commands, in the order of the overview.
pub(crate) const COMMANDS: &[&str] = &[
    "login", "logout", "keep", "status", "watch", "monitor", "claims", "token", "header", "curl", "run",
    "accounts", "clients", "config", "doctor", "agent", "demo", "help",
];

/// The overview.
pub(crate) const OVERVIEW: &str = "\
Abide signs you in once and hands access tokens to the tools you allow.

Usage: abide COMMAND [OPTIONS]

Your session
  login      sign in, in your browser
  logout     sign out
  keep       keep a session that is about to end
  status     who is signed in, and for how long
  watch      the same as it changes, a line a change
  monitor    open the tab again that watches the session at the provider
  claims     what the provider says about you

Tokens
  token      print an access token
  header     print it as an Authorization header
  curl       send a request with the token, by curl
  run        run a program with a token in ABIDE_TOKEN

Setting up
  accounts   list, add and remove accounts
  clients    list, allow and revoke clients
  config     say where the configuration is, and check it
  doctor     check that everything is in place

The programs behind it
  agent      run Abide without a desktop
  demo       run the demo provider by itself

Options of every command
  --json     results, and errors, as JSON
  -h, --help

`abide help COMMAND` says more. `abide --version` prints the version.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 sign-in required
            4 consent required or denied · 5 Abide is not running
";

/// The page of a command.
pub(crate) fn page(command: &str) -> Option<&'static str> {
    Some(match command {
        "login" => LOGIN,
        "logout" => LOGOUT,
        "keep" => KEEP,
        "status" => STATUS,
        "watch" => WATCH,
        "monitor" => MONITOR,
        "claims" => CLAIMS,
        "token" => TOKEN,
        "header" => HEADER,
        "curl" => CURL,
        "run" => RUN,
        "accounts" => ACCOUNTS,
        "clients" => CLIENTS,
        "config" => CONFIG,
        "doctor" => DOCTOR,
        "agent" => AGENT,
        "demo" => DEMO,
        "help" => OVERVIEW,
        _ => return None,
    })
}

const LOGIN: &str = "\
abide login: sign in, in your browser

Usage: abide login [--account NAME] [--no-browser | --device]

Opens the provider's page in your browser and waits until you are signed in, or
until it is certain that you will not be. Ctrl-C gives the sign-in up.

  -a, --account NAME   the account; not needed when there is only one
      --no-browser     print the address to open, alone on standard output, for
                       instance over SSH; everything else is on standard error
      --device         print a code, and the page to enter it at with any device
                       that has a browser
      --json           the session as JSON once you are signed in; with
                       --no-browser or --device a first line with the address or
                       the code

Exit codes: 0 you are signed in · 1 something went wrong · 3 the sign-in was not
completed
";

const LOGOUT: &str = "\
abide logout: sign out

Usage: abide logout [--account NAME] [--no-wait]

Ends the session: its tokens are forgotten here, and the provider is told that
they are no longer valid. It waits up to eight seconds for that, and says what
came of it: ended at the provider too, not told, still accepted there, or not
known. A provider that cannot be reached is told later.

  -a, --account NAME   the account; not needed when only one is signed in
      --no-wait        do not wait for the provider
      --json           the session afterwards, as JSON

Ends with 0 once you are signed out here, whatever the provider says.
";

const KEEP: &str = "\
abide keep: keep a session that is about to end

Usage: abide keep [--account NAME]

The same as answering Yes to \u{201c}Do you want to keep your session?\u{201d}.

  -a, --account NAME   the account; not needed when only one is signed in
      --json           the session afterwards, as JSON
";

const STATUS: &str = "\
abide status: who is signed in, and for how long

Usage: abide status [--json]

Says of every account what is left and which limit comes first, what is known of
the session at the provider and since when, how its end would be noticed, how
you were recognized there, and how long the access token lasts; of a session
that has ended why, and whether it has ended at the provider too. A frozen
session hands out no token until the screen is unlocked.

Looking does not count as using a session. --json prints all that is known of
every account, times as Unix seconds and durations as seconds.
";

const WATCH: &str = "\
abide watch: the sessions as they change

Usage: abide watch [--account NAME] [--json]

Prints the present state, then a line for every change, until you stop it with
Ctrl-C or Abide stops. A change is one of the session, of the session at the
provider, of what would tell of its end, or of what is known about how you
signed in. Without --account it watches every account, also those that are added
later.

  -a, --account NAME   only this account
      --json           a JSON object a line
";

const MONITOR: &str = "\
abide monitor: open the tab again that watches the session at the provider

Usage: abide monitor [--account NAME]

Your browser knows at once when you sign out at the provider. A tab of Abide\u{2019}s
asks it, as long as the tab is open; after a sign-in it is open already. This
opens it again. `abide status` says when it is closed.

  -a, --account NAME   the account; not needed when only one is signed in
      --json           the session, as JSON
";

const CLAIMS: &str = "\
abide claims: what the provider says about you

Usage: abide claims [--account NAME]

What your ID token and the provider\u{2019}s UserInfo say, a claim a line. UserInfo
is read after the sign-in and after each renewal. Where the account has names of
its own for claims (accounts.NAME.claims), those are shown, and no others.

  -a, --account NAME   the account; not needed when only one is signed in
      --json           the claims, when they were read, and whose they are
";

const TOKEN: &str = "\
abide token: print an access token

Usage: abide token [--account NAME] [--min-validity TIME] [--activity WHAT]
                   [--resource URI] [--audience NAME] [--scope SCOPES]
                   [--challenge HEADER]

Prints the access token and nothing else. It is renewed first if it is used up.

  -a, --account NAME       the account; not needed when there is only one, or
                           only one is signed in
      --min-validity TIME  how long the token has to stay valid at least: 90s,
                           5m, 1h
      --activity WHAT      whether this counts as using the session: request
                           (it does) or none (it does not). Programs that ask by
                           themselves, every minute say, should say none: they
                           would keep you signed in after you have left
      --resource URI       a token for this resource alone; may be given again
      --audience NAME      the same by the provider\u{2019}s name for it
      --scope SCOPES       a token with these scopes alone, separated by spaces
      --challenge HEADER   what a server has answered in WWW-Authenticate: if it
                           asks for a stronger sign-in, you sign in again in
                           your browser, and this prints the better token
      --json               the whole answer: the token, when it ends, its scope,
                           account and issuer

Exit code 3 says that you have to sign in first: abide login
";

const HEADER: &str = "\
abide header: print an access token as an Authorization header

Usage: abide header [OPTIONS OF abide token]
                    [--url URL [--method METHOD] [--nonce NONCE]]

  abide header | curl -H @- https://api.example.com/

Takes the options of `abide token`. With --json it prints {\"Authorization\": \u{2026}}.

Pass the header through a pipe, as above. An argument of a program can be read
by every user of this computer. `abide curl` does the same in one command.

Where the tokens of an account are bound to a key (accounts.NAME.dpop), a token
is used with a proof for each request. Name the request, and two headers are
printed, each on a line of its own:

  abide header --url https://api.example.com/ |
    curl -H @- https://api.example.com/

      --url URL            the address of the request
      --method METHOD      its method; GET without it
      --nonce NONCE        the last DPoP-Nonce that the server has answered
";

const CURL: &str = "\
abide curl: send a request with the token, by curl

Usage: abide curl [OPTIONS OF abide token]
                  [--url URL [--method METHOD] [--nonce NONCE]]
                  [--] [ARGUMENTS OF curl]

  abide curl https://api.example.com/
  abide curl --account work -sS https://api.example.com/

Runs curl with the Authorization header. The header goes through a pipe, never
through an argument or the environment. Options of Abide come first; everything
after the first other argument, or after --, is for curl. --json is curl\u{2019}s.

Where the tokens of an account are bound to a key (accounts.NAME.dpop), name the
request, so that Abide can make the proof for it:

  abide curl --url https://api.example.com/

      --url URL            the address of the request
      --method METHOD      its method; GET without it
      --nonce NONCE        the last DPoP-Nonce that the server has answered

Exit codes: that of curl; without a token as for `abide token`; 127 if there is
no curl. On Windows the header takes curl\u{2019}s standard input.
";

const RUN: &str = "\
abide run: run a program with a token in ABIDE_TOKEN

Usage: abide run [--account NAME] [--min-validity TIME] [--activity WHAT]
                 [--] PROGRAM [ARGUMENTS]

  abide run -- terraform plan
  abide run --account work -- ./deploy.sh --region eu

The program gets the token in its environment, never in its arguments. It is not
replaced when it ends: programs that run for long should ask `abide token`.

Ends with the exit code of the program; 127 when there is no such program, 126
when it cannot be run.
";

const ACCOUNTS: &str = "\
abide accounts: list, add and remove accounts

Usage: abide accounts [list]
       abide accounts add NAME --issuer URL --client-id ID
                          [--client-secret-file PATH] [--preset NAME] [MORE]
       abide accounts add NAME --issuer URL --register
                          [--initial-token-file PATH] [--preset NAME] [MORE]
       abide accounts remove NAME

An account is an identity of yours at one OpenID Provider. The issuer is the
provider's address, exactly as it writes it. The client id is the name under
which Abide is registered there as a public native client.

With --register, Abide registers itself where the provider lets it (RFC 7591),
and `remove` ends that again where the provider can do so (RFC 7592).

      --client-secret-file PATH
                       a file with the secret, for a provider that insists on
                       one; it stays where it is
      --initial-token-file PATH
                       a file with the token that the provider wants to see
                       before it registers anybody
      --preset NAME    the settings of a provider that is known here: auth0,
                       authentik, dex, entra, entra-any-tenant, entra-b2c,
                       gitlab, google, hydra, keycloak, lemonldap-ng, modyo,
                       okta, zitadel; none for none of them. Without it, the
                       issuer tells
      --redirect-uri URL
                       where the browser comes back to, exactly as it is
                       registered; repeat it to name several ports
      --ca-file PATH   certificates to trust in addition to the system's
      --metadata-url URL
                       where the provider's metadata are, if not below the
                       issuer (Azure AD B2C)
      --json           the accounts, or what became of one, as JSON
";

const CLIENTS: &str = "\
abide clients: list, allow and revoke clients

Usage: abide clients [list]
       abide clients allow NAME [--program PATH]
       abide clients revoke NAME

A client is a tool that may have tokens. With --program it is a program on this
machine, known by its path. Without, a key is made for it, which it shows when
it asks over HTTP; the key is printed this once, alone on standard output.

      --json           the clients, or the new one with its key, as JSON
";

const CONFIG: &str = "\
abide config: say where the configuration is, and check it

Usage: abide config path
       abide config check

`path` prints where the file is. `check` reads it and says what is wrong, with
line and column, and what would serve better: for instance an idle time that
your provider\u{2019}s session does not outlast. Lines to put into the file are
indented. The providers are known while Abide runs; without it only the file
itself is checked.

      --json           path: this and the other places that Abide uses, as JSON;
                       check: what was found, as JSON

Exit codes of `check`: 0 the file can be used, also when there is advice · 1 it
cannot
";

const DOCTOR: &str = "\
abide doctor: check that everything is in place

Usage: abide doctor

Looks at the configuration, the socket and who owns it, the agent behind it, its
HTTP endpoint, how your sessions are kept, and the clock, which is compared with
those of your providers; and at what tells when the screen is locked, when the
machine sleeps, and when you use keyboard or mouse. Changes nothing.

Ends with 0 if all is well or there are only warnings, with 5 if Abide is not
running, else with 1.

      --json           the checks as JSON
";

const AGENT: &str = "\
abide agent: run Abide without a desktop

Usage: abide agent [--passphrase-fd NUMBER]

Keeps the sessions and answers on the local endpoint, as the tray application
does, without showing anything. Where a question would be asked, nobody can be:
what needs an answer is refused. Stop it with Ctrl-C.

      --passphrase-fd NUMBER   read the passphrase of the vault from this open
                               file descriptor, where [vault] says that it
                               is sealed with one: --passphrase-fd 3 3<FILE
";

const DEMO: &str = "\
abide demo: run the demo provider by itself

Usage: abide demo [--port NUMBER]

An OpenID Provider for trying things out, on this machine only. It protects
nothing. Stop it with Ctrl-C.

      --port NUMBER    the port on 127.0.0.1; 47610 without it
";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_command_has_a_page_and_is_in_the_overview() {
        for command in COMMANDS {
            let page = page(command).unwrap();
            assert!(page.lines().all(|line| line.chars().count() <= 80), "{command}");
            assert!(*command == "help" || OVERVIEW.contains(&format!("\n  {command:<11}")), "{command}");
        }
    }
}
