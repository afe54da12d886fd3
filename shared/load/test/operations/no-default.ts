/** Lacks what an operation module must have. */
export const open = 1;
