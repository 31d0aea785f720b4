/** PROTOCOL.md names every word that goes over the wire or is counted. The sources are read as text: what is added there has to be added here. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { RumorId } from '../src/ids.ts';
import { decodeMessage, encodeMessage } from '../src/node/messages.ts';
import type { Message } from '../src/node/messages.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const protocol = readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8');
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function source(file: string): string {
  return readFileSync(join(ROOT, 'src', file), 'utf8');
}

/** All sources of a room. */
function room(name: string): string {
  return sources.filter((file) => file.startsWith(`${name}/`)).map(source).join('\n');
}

/** What a pattern's first group finds, each once. */
function words(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, word = '']) => word))];
}

/** The members of a union of strings, without its comments. */
function union(file: string, name: string): string[] {
  const [, body = ''] = new RegExp(`export type ${name} =([^;]*);`).exec(source(file).replace(/\/\*\*.*?\*\//gs, '')) ?? [];
  return words(body, /'([a-z-]+)'/g);
}

/** Whether a word stands in PROTOCOL.md as code. */
function isNamed(word: string): boolean {
  return protocol.includes(`\`${word}\``);
}

function unnamed(all: readonly string[]): string[] {
  return all.filter((word) => !isNamed(word));
}

describe('node messages', () => {
  const [, table = ''] = /const TYPES = \[([^\]]*)\]/.exec(source('node/messages.ts')) ?? [];
  const types = words(table, /'(\w+)'/g);

  test('each type has its row, with its byte', () => {
    expect(types.length).toBeGreaterThanOrEqual(10);
    types.forEach((type, i) => expect(protocol).toContain(`| \`${type}\` | ${i + 1} | `));
  });

  test('a row for each field, and none for another', () => {
    const rows = words(protocol.split('\n## Node messages\n')[1]?.split('\n## ')[0] ?? '', /^\| (?:`\w+` \| \d+|\|) \| (`\w+`) \|/gm);
    const [, declared = ''] = /export type Message =(.*?);\n\n/s.exec(source('node/messages.ts')) ?? [];
    const fields = words(declared.replace(/readonly type: /g, ''), /readonly (\w+): /g);
    expect(rows.map((row) => row.slice(1, -1)).sort()).toEqual([...fields].sort());
  });

  test('the bytes are as the table says', () => {
    const topic = 'ab'.repeat(32);
    const hex = (message: Message): string => Buffer.from(encodeMessage(message)).toString('hex');
    expect(hex({ type: 'Watch', sub: 7, topic, path: '/a' })).toBe(`0100000007${topic}00022f61`);
    expect(hex({ type: 'Poke', number: 7, topic, mark: 'm', payload: Uint8Array.of(0xf6) })).toBe(`0600000007${topic}016df6`);
    expect(hex({ type: 'Fact', sub: 7, mark: 'm', payload: Uint8Array.of(0xf6) })).toBe('0300000007016df6');
    expect(hex({ type: 'PokeAck', number: 7, refused: 'no' })).toBe('070000000700026e6f');
    expect(hex({ type: 'Offer', sub: 7, number: 8, id: topic as RumorId, hops: 2, bytes: 9_000 })).toBe(`0e0000000700000008${topic}0200002328`);
    expect(hex({ type: 'Have', sub: 7, numbers: [8, 9] })).toBe('11000000070000000800000009');
  });

  test('each fault of form is named', () => {
    const faults = words(source('node/messages.ts') + source('node/message-reader.ts'), /(?:reason: |wrong \?\?= )'([a-z0-9-]+)'/g);
    expect(faults).toHaveLength(6);
    expect(unnamed(faults)).toEqual([]);
    expect(decodeMessage(Uint8Array.of(99))).toEqual({ ok: false, reason: faults.find((fault) => fault === 'unknown-type') });
  });

  test('each breach of the protocol is named', () => {
    const breaches = words(room('node'), /misbehaved\(peer, '([a-z-]+)'\)/g);
    expect(breaches.length).toBeGreaterThan(0);
    expect(unnamed(breaches)).toEqual([]);
  });
});

describe('reasons', () => {
  const unions = [
    ['of a payload', 'marks/payload-decode.ts', 'PayloadReason'],
    ['of a rumor', 'wrapper/rumor.ts', 'RumorFault'],
    ['of a frame', 'transport/frames.ts', 'FrameFault'],
    ['of an address record', 'node/address-record.ts', 'RecordReason'],
    ['of a gesture', 'pals/core/register.ts', 'GestureRefusal'],
    ['of an overlay message that changes nothing', 'overlay/messages.ts', 'IgnoredReason'],
    ['of a redemption', 'pals/invite-tokens.ts', 'TokenRefusal'],
  ] as const;

  test.each(unions)('each one %s is named', (_what, file, name) => {
    const reasons = union(file, name);
    expect(reasons.length).toBeGreaterThan(2);
    expect(unnamed(reasons)).toEqual([]);
  });

  test('each one that ends a handshake is named', () => {
    const reasons = ['handshake.ts', 'hello.ts'].flatMap((file) => words(source(`transport/channel/${file}`), /(?:reason: |failed\(|refused\()'([a-z-]+)'/g));
    expect(reasons.length).toBeGreaterThan(7);
    expect(unnamed(reasons)).toEqual([]);
  });

  test('each one that a refused peer is told is named', () => {
    // The levels of the log are no reasons.
    const told = [...words(room('node').replace(source('node/logger.ts'), ''), /(?:answer\(|answer\?\.\(|refused: |refuse\()'([a-z-]+)'/g), ...words(room('wrapper') + room('pals'), /(?:refuse\(|FORBIDDEN = )'([a-z-]+)'/g)];
    expect(told.length).toBeGreaterThan(8);
    // Told to our own process alone: commands to pals, watches of it, agents that do not run here, pokes that did not get through.
    const local = ['bad-list', 'no-such-agent', 'no-such-path', 'too-many-invites', 'too-many-lists', 'unreachable'];
    expect(unnamed(told).filter((reason) => !local.includes(reason))).toEqual([]);
  });
});

describe('names', () => {
  test('each domain tag has its row, and no row is for another', () => {
    // The tag of an invite carries its version as a number.
    const used = sources.flatMap((file) => words(source(file), /['"`](hearsay\/(?:1|\$\{VERSION\})[a-z -]*)(?:\\0|['"`])/g)).map((tag) => tag.replace('${VERSION}', '1'));
    const rows = words(protocol.split('\n## Names\n')[1] ?? '', /^\| `(hearsay\/[^`]*)` \|/gm);
    expect([...new Set(used)].sort()).toEqual(rows.sort());
  });

  test('each mark of our own that goes over the wire is named', () => {
    const marks = [...words(source('pals/messages.ts'), /export const (?:GESTURE|HELLO|REDEEM) = '([a-z-]+)'/g), 'gossip-rumor', 'gossip-config'];
    expect(marks).toHaveLength(5);
    expect(unnamed(marks)).toEqual([]);
  });

  test('the subprotocol is named', () => {
    const [subprotocol = ''] = words(source('transport/ws.ts'), /const SUBPROTOCOL = '([^']+)'/g);
    expect(isNamed(subprotocol)).toBe(true);
  });
});

describe('documents', () => {
  test.each(['ARCHITECTURE.md', 'BENCHMARKS.md', 'PROTOCOL.md', 'SECURITY.md', 'README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)])('%s names no file that is not there', (name) => {
    const named = words(readFileSync(join(ROOT, name), 'utf8'), /`([\w./-]+\.ts)`/g);
    const there = [...sources.map((file) => `src/${file}`), ...readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).map((file) => `test/${file}`)];
    expect(named.filter((file) => !there.some((path) => path === file || path.endsWith(`/${file}`)))).toEqual([]);
  });

  test('between rooms there are the imports that ARCHITECTURE.md draws, and no others', () => {
    const shared = ['agent', 'directory', 'errors', 'ids', 'keep-newest', 'limits', 'random', 'crypto'];
    const rooms = ['chaos', 'cli', 'marks', 'node', 'overlay', 'pals', 'sim', 'store', 'testing', 'topics', 'transport', 'wrapper'];
    const drawn = [
      ...['chaos → marks', 'chaos → node', 'chaos → store', 'chaos → transport', 'chaos → wrapper'],
      ...['cli → marks', 'cli → node', 'cli → sim', 'cli → store', 'cli → topics', 'cli → transport', 'cli → wrapper'],
      ...['node → marks', 'node → overlay', 'node → pals', 'node → store', 'node → topics', 'node → transport', 'node → wrapper'],
      ...['pals → marks', 'pals → transport'],
      ...['sim → overlay', 'sim → wrapper', 'testing → transport'],
      ...['topics → marks', 'topics → transport', 'topics → wrapper', 'wrapper → marks'],
    ];
    const found = new Set<string>();
    for (const file of sources) {
      const [from = ''] = file.split('/');
      if (!rooms.includes(from)) continue;
      for (const path of words(source(file), /from '(\.[^']+)'/g)) {
        const [other = ''] = join(dirname(file), path).replace(/\.ts$/, '').split('/');
        if (other !== from && !shared.includes(other)) found.add(`${from} → ${other}`);
      }
    }
    expect([...found].sort()).toEqual(drawn);
    expect(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')).toContain('Arrows are imports');
  });
});
