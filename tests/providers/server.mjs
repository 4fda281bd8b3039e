// `oidc-provider` on a free port of 127.0.0.1, in memory, for the acceptance test.
//
// Prints one JSON line, {"issuer": "…"}, once it listens. `GET /__record` answers with what it was asked so far: one
// entry for each request that reached an endpoint of the protocol, and one for each event that the provider emitted.
// No entry holds a code or a token. It ends when its standard input does, so that it cannot outlive the test.
//
// As little as possible is configured: what a native app meets here is what it meets at any provider that runs this
// software, `prompt=consent` before `offline_access` included. What has to be switched on to be tried is: devices,
// registration and its end, signed UserInfo, a resource.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { Provider, errors } from 'oidc-provider';

const RESOURCE = 'https://api.example.com/';

const people = {
  alice: { email: 'alice@example.com', email_verified: true, name: 'Alice Example' },
  bob: { email: 'bob@example.com', email_verified: true, name: 'Bob Example' },
};

const record = [];

function signingKey(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg.toLowerCase() };
}

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'abide',
      client_name: 'Abide',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
    },
    // The same with UserInfo that is signed.
    {
      client_id: 'abide-signed',
      client_name: 'Abide',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      userinfo_signed_response_alg: 'ES256',
    },
    // Another app that people sign in to in the same browser. It lands at a page that is there anyhow.
    {
      client_id: 'elsewhere',
      client_name: 'Elsewhere',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${issuer}/.well-known/openid-configuration`],
    },
  ],
  jwks: {
    keys: [
      signingKey('rsa', { modulusLength: 2048 }, 'RS256'),
      signingKey('ec', { namedCurve: 'P-256' }, 'ES256'),
    ],
  },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, ...people[sub] }),
  }),
  features: {
    introspection: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    jwtUserinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => {
        if (resource !== RESOURCE) throw new errors.InvalidTarget();
        return { scope: 'openid profile email offline_access', accessTokenFormat: 'jwt', accessTokenTTL: 300 };
      },
    },
  },
  rotateRefreshToken: true,
  ttl: {
    AccessToken: Number(process.env.ACCESS_TOKEN_SECONDS ?? 3600),
    RefreshToken: 24 * 3600,
    IdToken: 3600,
    Interaction: 3600,
    Grant: 24 * 3600,
    Session: 24 * 3600,
  },
});

provider.use(async (ctx, next) => {
  if (ctx.path === '/__record') {
    ctx.body = record;
    return;
  }
  await next();
  const route = ctx.oidc?.route;
  if (route) {
    record.push({ route, status: ctx.status, grant_type: ctx.oidc.params?.grant_type ?? null });
  }
});

for (const event of [
  'authorization.success',
  'authorization.error',
  'grant.success',
  'grant.error',
  'grant.revoked',
  'refresh_token.saved',
  'refresh_token.consumed',
  'refresh_token.destroyed',
  'access_token.destroyed',
  'end_session.success',
  'server_error',
]) {
  provider.on(event, (...details) => {
    const error = details.find((detail) => detail instanceof Error);
    record.push({ event, error: error ? `${error.error ?? error.name}: ${error.error_description ?? error.message}` : null });
  });
}

server.on('request', provider.callback());
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
