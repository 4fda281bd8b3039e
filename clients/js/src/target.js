// The target of a request for a token.

const TOKEN = ["account", "resource", "audience", "scope", "reason", "minValidity", "htm", "htu", "nonce"];

export function tokenTarget(wanted) {
  const query = new URLSearchParams();
  for (const name of TOKEN) {
    const values = [wanted[name] ?? []].flat();
    if (name === "scope" && values.length > 0) query.append(name, values.join(" "));
    else for (const value of values) query.append(name === "minValidity" ? "min_validity" : name, String(value));
  }
  if (wanted.activity === false) query.append("activity", "none");
  return query.size === 0 ? "/v1/token" : `/v1/token?${query}`;
}
