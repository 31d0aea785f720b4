import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../src/sim/index.ts';
import { hearsay } from './processes.ts';

describe('hearsay sim, as a process', () => {
  test('runs the same events in a thread of its own', async () => {
    const process = hearsay('sim', 'join-storm', '--nodes', '40', '--seed', '3', '--json');
    const { scenario, nodes, seed, traceHash, components, asymmetricLinks } = simulate('join-storm', { nodes: 40, seed: 3 });
    expect(JSON.parse(await process.line())).toMatchObject({ scenario, nodes, seed, traceHash, components, asymmetricLinks });
    expect(await process.ended).toEqual({ code: 0, signal: null });
  });

  test('simulates people with the options given', async () => {
    const process = hearsay('sim', 'reach', '--graph', 'regular', '--degree', '4', '--nodes', '20', '--hops', '3', '--messages', '5', '--json');
    const { traceHash } = simulate('reach', { graph: 'regular', degree: 4, nodes: 20, hops: 3, messages: 5 });
    expect(JSON.parse(await process.line())).toMatchObject({ traceHash });
  });

  test('says what is wrong with an option, as an error of usage', async () => {
    const process = hearsay('sim', 'overlay', '--nodes', '1');
    expect(await process.ended).toEqual({ code: 2, signal: null });
    expect(process.errors).toMatch(/Expected `nodes` to be a whole number from 2 to 1000000, got `1` \(HEARSAY_BAD_CONFIG\)/);
    expect(process.output).toEqual([]);
  });
});
