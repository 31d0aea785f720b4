import { describe, expect, test } from '@jest/globals';
import { HearsayError } from '../../src/errors.ts';
import { configChange, configInEffect, DEFAULT_GOSSIP_CONFIG, gossipConfig, hopCeiling, sameConfig } from '../../src/wrapper/config.ts';

function errorOf(act: () => unknown): HearsayError {
  try {
    act();
  } catch (error) {
    if (error instanceof HearsayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the config', () => {
  test('defaults fill in what is not given', () => {
    expect(gossipConfig({ hops: 3, tell: undefined }, 15)).toEqual({ hops: 3, hear: 'mutuals', tell: 'mutuals', pass: false, relay: 'farthest' });
  });

  test.each([
    { given: { hops: -1 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: 16 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: 1.5 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: '2' }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hear: 'friends' }, field: 'hear', rule: 'to be one of anybody, targets, mutuals' },
    { given: { tell: null }, field: 'tell', rule: 'to be one of anybody, targets, mutuals' },
    { given: { relay: 'last' }, field: 'relay', rule: 'to be one of farthest, first' },
    { given: { pass: 'maybe' }, field: 'pass', rule: 'to be false: passing through proxies comes with a later version' },
    { given: { hop: 2 }, field: 'hop', rule: 'to be one of the known fields: hops, hear, tell, pass, relay' },
    { given: ['hops'], field: 'config', rule: 'to be an object' },
    { given: null, field: 'config', rule: 'to be an object' },
  ])('a bad value is refused, naming field, rule and value: $given', ({ given, field, rule }) => {
    const error = errorOf(() => configChange(given, 15));
    expect({ code: error.code, field: error.field, rule: error.rule }).toEqual({ code: 'HEARSAY_BAD_CONFIG', field, rule });
  });

  test('a ceiling of the code counts for hops too', () => {
    expect(errorOf(() => gossipConfig({ hops: 4 }, 3)).message).toBe('Expected `hops` to be an integer from 0 to 3, got `4`');
    expect(gossipConfig({ hops: 3 }, 3).hops).toBe(3);
  });

  test.each([0, 16, 2.5, '3', null])('maxHops %p is refused', (maxHops) => {
    expect(errorOf(() => hopCeiling(maxHops)).field).toBe('maxHops');
  });

  test('maxHops is 15 unless given', () => {
    expect([hopCeiling(undefined), hopCeiling(1), hopCeiling(15)]).toEqual([15, 1, 15]);
  });

  test.each([
    { rule: 'W12 emitting through a proxy', pass: true },
    { rule: 'W13 passing as a poke', pass: true },
    { rule: 'W14 the proxy answers', pass: true },
    { rule: 'W12 W13 W14 a stem', pass: 'stem' },
  ])('$rule: pass $pass is refused, and told that it comes later', ({ pass }) => {
    const error = errorOf(() => gossipConfig({ pass }, 15));
    expect(error.code).toBe('HEARSAY_NOT_SUPPORTED');
    expect(error.message).toContain('passing through proxies comes with a later version');
  });
});

describe('a saved config under other code', () => {
  test('W2 what the code allows is in effect as it was saved', () => {
    const saved = gossipConfig({ hops: 5, hear: 'anybody' }, 15);
    expect(configInEffect(saved, 15)).toEqual({ config: saved, clamped: [] });
  });

  test('W2 too many hops are clamped to the ceiling', () => {
    expect(configInEffect({ ...DEFAULT_GOSSIP_CONFIG, hops: 12 }, 4)).toEqual({ config: { ...DEFAULT_GOSSIP_CONFIG, hops: 4 }, clamped: ['hops'] });
  });

  test('W2 what this code does not know falls to the default, which is the narrowest', () => {
    const saved = { hops: 'far', hear: 'everyone', tell: 7, pass: 'stem', relay: 'farthest' };
    expect(configInEffect(saved, 15)).toEqual({ config: DEFAULT_GOSSIP_CONFIG, clamped: ['hops', 'hear', 'tell', 'pass'] });
  });

  test('a field that older code did not have is no clamp', () => {
    expect(configInEffect({ hops: 3, hear: 'targets', tell: 'targets' }, 15)).toEqual({ config: gossipConfig({ hops: 3, hear: 'targets', tell: 'targets' }, 15), clamped: [] });
  });

  test.each([null, 'hops', 3, []])('rubbish is the default: %p', (saved) => {
    expect(configInEffect(saved, 15).config).toEqual(DEFAULT_GOSSIP_CONFIG);
  });

  test('two configs are the same when every known field is', () => {
    expect(sameConfig(DEFAULT_GOSSIP_CONFIG, { ...DEFAULT_GOSSIP_CONFIG, later: 1 })).toBe(true);
    expect(sameConfig(DEFAULT_GOSSIP_CONFIG, { ...DEFAULT_GOSSIP_CONFIG, relay: 'first' })).toBe(false);
  });
});
