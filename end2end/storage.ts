import { createHash, createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';

const { KINORA_S3_ENDPOINT, KINORA_S3_BUCKET, KINORA_S3_REGION, KINORA_S3_ACCESS_KEY, KINORA_S3_SECRET_KEY } = process.env;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of what comes piece by piece, in hexadecimal digits. */
async function sha256Of(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** The same of a file, however large. */
export const sha256OfFile = (path: string) => sha256Of(createReadStream(path, { highWaterMark: 1 << 20 }));

/** SHA-256 of a film's original as it lies in the storage, in hexadecimal digits. */
export async function originalOf(video: string): Promise<string> {
  const answer = await fetch(presigned(`/${KINORA_S3_BUCKET}/originals/${video}/original`));
  if (!answer.ok) throw new Error(`the original of ${video}: ${answer.status} ${await answer.text()}`);
  return sha256Of(answer.body!);
}

/** An address by which an object can be read for a minute: Signature Version 4 in the query. */
function presigned(path: string): string {
  const { host, origin } = new URL(KINORA_S3_ENDPOINT!);
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${now.slice(0, 8)}/${KINORA_S3_REGION}/s3/aws4_request`;
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${KINORA_S3_ACCESS_KEY}/${scope}`,
    'X-Amz-Date': now,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const request = ['GET', path, query, `host:${host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const text = ['AWS4-HMAC-SHA256', now, scope, createHash('sha256').update(request).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const key = scope.split('/').reduce((signing: string | Buffer, part) => hmac(signing, part), `AWS4${KINORA_S3_SECRET_KEY}`);
  return `${origin}${path}?${query}&X-Amz-Signature=${hmac(key, text).toString('hex')}`;
}
