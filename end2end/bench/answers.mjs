// HTTP/1.1 as it comes over a line, one answer after another: RFC 9112.

const LINE = Buffer.from('\r\n');
const HEAD = Buffer.from('\r\n\r\n');

/** Feed it what comes: it calls `each(status, body)` at the end of every answer. */
export function answers(each) {
  let rest = Buffer.alloc(0);
  let at = 0;
  /** The answer whose body is being read. `left` is how many bytes of it, or of its chunk, are to come; -1 if that isn't known yet. */
  let answer;

  /** Whether there was enough to go on. */
  function step() {
    if (!answer) {
      const end = rest.indexOf(HEAD, at);
      if (end < 0) return false;
      const head = rest.toString('latin1', at, end).toLowerCase();
      at = end + HEAD.length;
      const chunked = head.includes('\r\ntransfer-encoding: chunked');
      const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
      answer = { status: Number(head.slice(9, 12)), body: [], chunked, left: chunked ? -1 : length };
    }
    if (answer.left < 0) {
      const end = rest.indexOf(LINE, at);
      if (end < 0) return false;
      answer.left = parseInt(rest.toString('latin1', at, end), 16) + LINE.length;
      answer.last = answer.left === LINE.length;
      at = end + LINE.length;
    }
    if (rest.length - at < answer.left) return false;
    answer.body.push(rest.subarray(at, at + answer.left - (answer.chunked ? LINE.length : 0)));
    at += answer.left;
    answer.left = -1;
    if (answer.chunked && !answer.last) return true;
    const { status, body } = answer;
    answer = undefined;
    each(status, body);
    return true;
  }

  return (bytes) => {
    rest = at < rest.length ? Buffer.concat([rest.subarray(at), bytes]) : bytes;
    at = 0;
    while (at < rest.length || answer?.left === 0) if (!step()) break;
  };
}
