/** Who uses this machine: there is one token, and no account behind it. */
export const localUser = { id: 'operator', name: 'operator', email: 'operator@hangar.localhost' } as const
