// What went wrong, in the language of the window. The program words it in English, with the details; the code says what it is.
import { language, text } from "./locale.svelte";

/** The codes that have words: those that people meet in the window. docs/troubleshooting.md has all. */
export const CODES = [
  "action_required", "browser_not_started", "callback_listener", "client_secret_file_unreadable", "client_secret_missing", "config_file", "config_form",
  "config_missing", "config_not_trusted", "discovery_failed", "given_up", "http_setup_failed", "id_token_expired", "initial_token_file_unreadable",
  "initial_token_needed", "initial_token_refused", "interaction_required", "invalid_account", "invalid_client", "invalid_grant", "invalid_redirect_uri",
  "invalid_scope", "issuer_insecure", "issuer_invalid", "issuer_mismatch", "keyring_unavailable", "locked_by_policy", "login_required", "name_taken",
  "not_configured", "not_found", "provider_certificate_invalid", "provider_name_unknown", "provider_rate_limited", "provider_redirected", "provider_refused",
  "provider_timeout", "provider_tls_failed", "provider_unavailable", "provider_unexpected_status", "provider_unreachable", "proxy_failed", "record_unreadable",
  "refresh_token_missing", "registration_not_offered", "server_error", "session_expired", "sign_in_timed_out", "temporarily_unavailable", "this_computer",
  "unauthorized_client", "unknown_account", "unusable_answer", "vault_locked", "vault_storage",
] as const;

const known = (code: string | null) => CODES.find((each) => each === code);

/** An error for people: as the program words it in English, in other languages by its code, if that has words. */
export function inWords(code: string | null, message: string): string {
  const name = known(code);
  return name === undefined || language() === "en" ? message : text(`problem-${name}`);
}

/** The language of these words, for `lang`; undefined for that of the window. */
export const languageOf = (code: string | null) => (known(code) === undefined ? "en" : undefined);
