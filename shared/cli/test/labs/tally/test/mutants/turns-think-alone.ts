/** Disabled: the thinking in turn. Nothing is lost all the same, since it thinks before it reads. */
import type { CreateAdd } from '../../src/contract.ts';

const createAdd: CreateAdd =
  ({ read, write, think }) =>
  async (id) => {
    await think();
    write([...read(), id]);
  };

export default createAdd;
