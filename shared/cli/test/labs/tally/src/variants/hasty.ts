/** Reads, thinks, writes back: of two that overlap, the later one wins. */
import type { CreateAdd } from '../contract.ts';

const createAdd: CreateAdd =
  ({ read, write, think }) =>
  async (id) => {
    const list = read();
    await think();
    write([...list, id]);
  };

export default createAdd;
