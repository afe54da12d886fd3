/** Disabled: telling a failure from a success. Each call that was answered counts as accepted. */

import type { CreatePolicy } from '../../src/contract.ts';
import adaptive from '../../src/variants/adaptive.ts';

const createPolicy: CreatePolicy = (context) => adaptive({ ...context, isClientError: () => true });

export default createPolicy;
