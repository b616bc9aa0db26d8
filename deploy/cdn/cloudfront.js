// CloudFront as Kinora's CDN: a function for viewer requests (runtime cloudfront-js-2.0). docs/cdn.md tells how it is used.
// It checks the token in front of an object's path by KINORA_CDN_SECRET, and turns the path into the object's key.
const crypto = require('crypto');

const SECRET = 'change-me';
const PATH = /^\/([0-9]+)-([A-Za-z0-9_-]{22})\/((?:posters\/)?[0-9A-Za-z]{12})\/(.+)$/;

function refused(statusCode, statusDescription) {
  return { statusCode: statusCode, statusDescription: statusDescription };
}

function handler(event) {
  const request = event.request;
  const found = PATH.exec(request.uri);
  if (!found) return refused(404, 'Not Found');
  const [, expires, token, prefix, rest] = found;
  const right = crypto.createHash('md5').update(`${expires}/${prefix} ${SECRET}`).digest('base64url');
  if (token !== right) return refused(403, 'Forbidden');
  if (Number(expires) * 1000 <= Date.now()) return refused(410, 'Gone');
  // What nobody but the bucket's owner should be asked for has no path that gets here.
  request.uri = prefix.startsWith('posters/') ? `/${prefix}/${rest}` : `/media/${prefix}/${rest}`;
  request.querystring = {};
  return request;
}
