/** Keys, RLS modes, regions, restoring: what is done to a silo beside starting and stopping it. */
export const siloOperations = {} as const
