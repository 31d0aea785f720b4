/** Asks a running node, through its control socket. */
import { connect } from 'node:net';
import { HearsayError } from '../../errors.ts';
import { controlPath } from './protocol.ts';
import type { Answer, Request } from './protocol.ts';

/** Longest wait for an answer, in ms: to redeem an invite may take twice the 30 s of a poke, twice over. */
const ANSWER_TIMEOUT_MS = 130_000;

/**
 * @returns what the node answers
 * @throws HearsayError `HEARSAY_UNREACHABLE` when no node runs in the directory, `HEARSAY_TIMEOUT`, `HEARSAY_BAD_CONFIG`, or what went wrong there
 */
export async function ask(dir: string, asked: Request): Promise<unknown> {
  const answer = JSON.parse(await exchange(dir, `${JSON.stringify(asked)}\n`)) as Answer;
  if (answer.ok) return answer.result;
  const { code, ...details } = answer.error;
  throw new HearsayError(code, details);
}

function exchange(dir: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(controlPath(dir), () => socket.write(line));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new HearsayError('HEARSAY_TIMEOUT', { field: 'node', rule: `to answer within ${ANSWER_TIMEOUT_MS} ms`, value: dir })));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (cause) => reject(cause instanceof HearsayError ? cause : noNode(dir, cause)));
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString();
      if (text.endsWith('\n')) resolve(text);
      else reject(new HearsayError('HEARSAY_CLOSED', { field: 'node', rule: 'to answer before it closes', value: dir }));
    });
  });
}

function noNode(dir: string, cause: NodeJS.ErrnoException): HearsayError {
  const left = cause.code === 'ECONNREFUSED' ? '; the one that did is dead and left its control socket' : '';
  const rule = cause.code === 'EACCES' ? 'to be a directory of your own node' : `to be where a node runs (hearsay up --dir …)${left}`;
  return new HearsayError('HEARSAY_UNREACHABLE', { field: '--dir', rule, value: dir, cause });
}
