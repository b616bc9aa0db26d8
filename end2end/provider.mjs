// A real OpenID provider on this machine, for journeys. Whoever signs in is who they say they are.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { freePort } from './machine.mjs';

const client = { id: 'kinora', secret: 'planted-client-secret' };

/** `site` is where people come back to, `key` what the site calls this provider. */
export async function startProvider(site, key) {
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [`${site}/auth/${key}/callback`] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@school.example`, email_verified: true, name: sub, preferred_username: sub }),
    }),
    cookies: { keys: ['of no worth'] },
    pkce: { required: () => true },
  });
  const server = createServer(provider.callback());
  await new Promise((resolve) => server.listen(Number(new URL(issuer).port), '127.0.0.1', resolve));
  return { issuer, stop: () => void server.close(() => {}) };
}

/** What the site is told of it. */
export function settings(issuer, key, label) {
  const name = `KINORA_OIDC_${key.toUpperCase()}`;
  return {
    [`${name}_ISSUER`]: issuer,
    [`${name}_CLIENT_ID`]: client.id,
    [`${name}_CLIENT_SECRET`]: client.secret,
    [`${name}_LABEL`]: label,
    [`${name}_ICON`]: 'school',
  };
}
