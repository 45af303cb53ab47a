/** What writes answers where nothing of the database does: the media type that is asked for, the one that is given, and what PostgREST calls it. */
export const builtInHandlers = [
  ['*/*', 'application/json', 'BuiltinOvAggJson'],
  ['application/json', 'application/json', 'BuiltinOvAggJson'],
  ['text/csv', 'text/csv', 'BuiltinOvAggCsv'],
  ['application/geo+json', 'application/geo+json', 'BuiltinOvAggGeoJson'],
] as const
