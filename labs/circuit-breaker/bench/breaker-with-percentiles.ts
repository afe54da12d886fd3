/**
 * `breaker`, with the percentiles that opossum computes by default. For the bench only.
 *
 * The variant's own file runs, on an opossum that changes one option: a copy of it could come to differ in another.
 */
import type CircuitBreaker from 'opossum';
import type { CreatePolicy } from '../src/contract.ts';
import breaker from '../src/variants/breaker.ts';

/** opossum's class with some options decided, whatever its caller asks for. `made` sees each breaker. */
export function opossumWith(
  library: typeof CircuitBreaker,
  decided: CircuitBreaker.Options,
  made: (breaker: CircuitBreaker) => void = () => {},
): typeof CircuitBreaker {
  return class<TI extends unknown[], TR> extends library<TI, TR> {
    constructor(action: (...args: TI) => Promise<TR>, options?: CircuitBreaker.Options<TI>) {
      super(action, { ...options, ...decided } as CircuitBreaker.Options<TI>);
      made(this as unknown as CircuitBreaker);
    }
  } as typeof CircuitBreaker;
}

const createPolicy: CreatePolicy = (context) =>
  breaker({
    ...context,
    libraries: { CircuitBreaker: opossumWith(context.libraries.CircuitBreaker, { rollingPercentilesEnabled: true }) },
  });

export default createPolicy;
