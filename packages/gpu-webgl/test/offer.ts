/** The page's side of tests: what it offers is called by name from the test. */

/** Functions by name; what they take and return must be JSON. */
export type Offers = Readonly<Record<string, (given: never) => unknown>>;

interface Host {
  ready?: true;
  offers?: Offers;
}

/** Offers functions to the test, once `prepare` is done. */
export function offer(offers: Offers, prepare: () => Promise<unknown> = async () => {}): void {
  const host = globalThis as Host;
  host.offers = offers;
  prepare().then(() => {
    host.ready = true;
  });
}

/** What `act` throws: the name of its class and the whole message. */
export async function thrownBy(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'nothing';
}
