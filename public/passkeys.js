// Passkeys: what the server says in JSON, for the browser, and the other way round. Its own conversions are younger than
// browsers that people have.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const listed = (credentials = []) => credentials.map((credential) => ({ ...credential, id: bytes(credential.id) }));

  function told({ id, rawId, type, response }, names) {
    const said = Object.fromEntries(names.map((name) => [name, text(response[name])]));
    return JSON.stringify({ id, rawId: text(rawId), type, response: said, extensions: {} });
  }

  async function make(json) {
    const asked = JSON.parse(json);
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: listed(asked.excludeCredentials),
    };
    return told(await navigator.credentials.create({ publicKey }), ['attestationObject', 'clientDataJSON']);
  }

  async function sign(json) {
    const asked = JSON.parse(json);
    const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: listed(asked.allowCredentials) };
    const names = ['authenticatorData', 'clientDataJSON', 'signature', 'userHandle'];
    return told(await navigator.credentials.get({ publicKey }), names);
  }

  globalThis.kinoraPasskeys = { make, sign };
})();
