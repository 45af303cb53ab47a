/** Registering, listing and revoking agents, and their tokens. */
export const agentOperations = {} as const
