/** The version of PostgREST whose behaviour this is. */
export const postgrestVersion = '12.2.12'
