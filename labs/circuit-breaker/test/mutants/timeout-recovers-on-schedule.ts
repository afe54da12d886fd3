/** Disabled: no more calls than requests. One retry in five keeps the queue for longer. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => {
  let requests = 0;
  return {
    async call(request) {
      requests += 1;
      const once = () => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
      const quote = requests % 5 === 0 ? await once().catch(once) : await once();
      return { kind: 'quote', quote };
    },
  };
};

export default createPolicy;
