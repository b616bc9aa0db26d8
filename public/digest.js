// Digests parts of a film beside the page: a message is a Blob and the port that its SHA-256 is sent back by. Null comes
// back if it can't be read here. For what is no Blob the answer comes at once: how many bytes were read so far. The page asks
// so whether anybody is here, and gets on.
const SPARE = 2;
const LARGEST_SPARE = 16 << 20;
/** Memory of earlier parts: to get new one each time costs more than to digest. */
const spare = [];
let moved = 0;

/** All of it, into one piece of memory that goes from read to read. */
async function read(blob) {
  let reader;
  try {
    reader = blob.stream().getReader({ mode: 'byob' });
  } catch {
    return blob.arrayBuffer();
  }
  const at = spare.findIndex((buffer) => buffer.byteLength === blob.size);
  let buffer = at < 0 ? new ArrayBuffer(blob.size) : spare.splice(at, 1)[0];
  for (let filled = 0; filled < blob.size; ) {
    const { done, value } = await reader.read(new Uint8Array(buffer, filled));
    if (done) throw new Error('the file is shorter than it was');
    buffer = value.buffer;
    filled += value.byteLength;
    moved += value.byteLength;
  }
  reader.cancel();
  return buffer;
}

onmessage = async ({ data: blob, ports: [answer] }) => {
  if (!(blob instanceof Blob)) return answer.postMessage(moved);
  try {
    const bytes = await read(blob);
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    if (bytes.byteLength <= LARGEST_SPARE && spare.push(bytes) > SPARE) spare.shift();
    answer.postMessage(digest);
  } catch {
    answer.postMessage(null);
  }
};
