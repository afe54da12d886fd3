/** Disabled: the waiting. Changes are put in a row, but nobody waits for the one before. */
import type { CreateAdd } from '../../src/contract.ts';

const createAdd: CreateAdd = ({ read, write, think }) => {
  let last: Promise<void> = Promise.resolve();
  return (id) => {
    const change = async () => {
      const list = read();
      await think();
      write([...list, id]);
    };
    last = Promise.all([last, change()]).then(() => {});
    return last;
  };
};

export default createAdd;
