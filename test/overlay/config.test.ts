import { describe, expect, test } from '@jest/globals';
import { DEFAULT_OVERLAY_CONFIG, overlayConfig } from '../../src/overlay/config.ts';
import type { OverlayConfig } from '../../src/overlay/config.ts';

describe('the numbers of an overlay', () => {
  test('the defaults are the paper’s', () => {
    expect(overlayConfig()).toMatchObject({ activeViewSize: 5, passiveViewSize: 30, activeWalkHops: 6, passiveWalkHops: 3, shuffleActive: 3, shufflePassive: 4 });
    expect(overlayConfig({ passiveViewSize: 20 })).toEqual({ ...DEFAULT_OVERLAY_CONFIG, passiveViewSize: 20 });
  });

  test.each<[Partial<OverlayConfig> & Record<string, unknown>, string]>([
    [{ activeViewSize: 1 }, 'overlay.activeViewSize'],
    [{ activeViewSize: 4 }, 'overlay.maxAnchors'],
    [{ passiveViewSize: 0 }, 'overlay.passiveViewSize'],
    [{ shuffleIntervalMs: 1.5 }, 'overlay.shuffleIntervalMs'],
    [{ requestTimeoutMs: 2 ** 31 }, 'overlay.requestTimeoutMs'],
    [{ shufflePassive: 5 }, 'overlay.shufflePassive'],
    [{ fanout: 4 }, 'overlay.fanout'],
  ])('%j is refused by the name of %s', (given, field) => {
    expect(() => overlayConfig(given)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field }));
  });
});
