/** libp2p 3 needs `Promise.withResolvers`, which Node 20 lacks. Imported before anything of libp2p. */
Promise.withResolvers ??= function withResolvers() {
  /** @type {PromiseWithResolvers<any>['resolve']} */
  let resolve = () => undefined;
  /** @type {PromiseWithResolvers<any>['reject']} */
  let reject = () => undefined;
  const promise = new Promise((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
};
