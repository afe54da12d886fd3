/** The same, each in its turn. */
import type { CreateAdd } from '../contract.ts';

const createAdd: CreateAdd = ({ read, write, think }) => {
  let last: Promise<void> = Promise.resolve();
  return (id) => {
    last = last.then(async () => {
      const list = read();
      await think();
      write([...list, id]);
    });
    return last;
  };
};

export default createAdd;
