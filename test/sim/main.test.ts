import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../src/sim/index.ts';
import { main } from '../../src/sim/main.ts';

function run(...args: string[]): string[] {
  const lines: string[] = [];
  main(args, { line: (text) => lines.push(text) });
  return lines;
}

describe('hearsay sim', () => {
  test('prints a table, and with --json the result as its last line', () => {
    const lines = run('join-storm', '--nodes', '40', '--seed', '3', '--json');
    expect(lines[0]).toBe('scenario         join-storm');
    const result = JSON.parse(lines.at(-1) as string) as Record<string, unknown>;
    expect(result).toEqual({
      scenario: 'join-storm',
      nodes: 40,
      seed: 3,
      traceHash: simulate('join-storm', { nodes: 40, seed: 3 }).traceHash,
      elapsedMs: expect.any(Number),
      rssBytes: expect.any(Number),
      components: 1,
      asymmetricLinks: expect.any(Number),
    });
    expect(run('join-storm', '--nodes', '40')).not.toContainEqual(expect.stringContaining('{'));
  });

  test('tells how far it is to who watches', () => {
    const told: string[] = [];
    main(['crash', '--nodes', '20', '--shares', '0.1,0.5', '--messages', '100'], { line: () => undefined, progress: (text) => told.push(text) });
    expect(told).toContain('50 %: 100 of 100 messages');
  });

  test.each([
    [['rumor'], 'scenario'],
    [[], 'scenario'],
    [['overlay', 'crash'], 'scenario'],
    [['toString'], 'scenario'],
    [['overlay', '--nodes', '1'], 'nodes'],
    [['overlay', '--nodes', 'many'], 'nodes'],
    [['overlay', '--seed', '-1'], 'arguments'],
    [['overlay', '--seed=-1'], 'seed'],
    [['crash', '--shares', '0.5,2'], 'shares'],
    [['crash', '--shares', ''], 'shares'],
    [['crash', '--nodes', '20', '--shares', '1'], 'shares'],
    [['partition', '--cycles', '0'], 'cycles'],
    [['eclipse', '--attackers', '1.5'], 'attackers'],
    [['overlay', '--latency', '100,20'], 'latencyMs'],
    [['overlay', '--latency', '20'], 'latencyMs'],
    [['overlay', '--latency', 'fast'], 'latency'],
    [['overlay', '--jitter', '2'], 'jitter'],
    [['overlay', '--loss', '-0'], 'arguments'],
    [['overlay', '--loss=1.5'], 'loss'],
    [['overlay', '--colour'], 'arguments'],
  ])('%j is refused by the name of %s', (args, field) => {
    expect(() => run(...args)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field }));
  });
});
