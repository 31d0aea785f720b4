/**
 * Multiaddrs (multiformats.io) in our own writing: `/ip4/192.0.2.1/tcp/7700/ws` is `ws://192.0.2.1:7700`. Without `/ws` or `/wss` it is `ws`, the
 * only thing we speak over TCP. `/dns4` and `/dns6` are as good as `/dns`: whichever family answers is dialled.
 * Their package is loaded with the first of them: it takes 35 ms, and most users write URLs.
 */

/** What a multiaddr comes to. */
export interface FromMultiaddr {
  /** `ws://…`, `wss://…`, or `dnsaddr://<name>`, whose records say where to dial. */
  readonly url: string;
  /** The part that means nothing here: `/p2p/…`, a peer id of another network. */
  readonly ignored: string | undefined;
}

/** Host and port, or the name of records; then what goes over it. */
const FORM = /^(?:(?:ip4|ip6|dns|dns4|dns6)\/tcp(?<over>\/ws|\/wss|\/tls\/ws)?|dnsaddr)(?<p2p>\/p2p)?$/;

/** @returns nothing for what is no multiaddr, or one of places where we cannot dial */
export async function fromMultiaddr(text: string): Promise<FromMultiaddr | undefined> {
  const parts = await componentsOf(text);
  const form = FORM.exec(parts.map(({ name }) => name).join('/'));
  if (form === null) return undefined;
  const [{ name: kind = '', value: host = '' } = {}, { value: port = '' } = {}] = parts;
  const { over = '/ws', p2p } = form.groups ?? {};
  const scheme = over === '/ws' ? 'ws' : 'wss';
  return {
    url: kind === 'dnsaddr' ? `dnsaddr://${host}` : `${scheme}://${kind === 'ip6' ? `[${host}]` : host}:${port}`,
    ignored: p2p === undefined ? undefined : `/p2p/${parts.at(-1)?.value ?? ''}`,
  };
}

async function componentsOf(text: string): Promise<readonly { readonly name: string; readonly value?: string }[]> {
  const { multiaddr } = await import('@multiformats/multiaddr');
  try {
    return multiaddr(text).getComponents();
  } catch {
    return [];
  }
}
