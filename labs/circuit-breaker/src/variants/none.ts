/**
 * No policy: call and wait.
 *
 * What most code does that nobody thought about. The dependency decides how long this gateway's requests live, and
 * with them its memory, its sockets, and whether anything else that it serves still gets a turn.
 * Read next: timeout.ts.
 */
import type { CreatePolicy } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote }) => ({
  call: async (request) => ({ kind: 'quote', quote: await fetchQuote(request) }),
});

export default createPolicy;
