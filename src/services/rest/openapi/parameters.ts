import type { Table } from '../schema/cache.ts'

const inQuery = (name: string, description: string) => ({
  name,
  description,
  required: false,
  in: 'query',
  type: 'string',
})
const inHeader = (name: string, description: string) => ({
  name,
  description,
  required: false,
  in: 'header',
  type: 'string',
})
const prefer = (values: readonly string[]) => ({ ...inHeader('Prefer', 'Preference'), enum: values })

/** Parameters that requests to all tables know. */
export const sharedParameters = {
  preferParams: prefer(['params=single-object']),
  preferReturn: prefer(['return=representation', 'return=minimal', 'return=none']),
  preferCount: prefer(['count=none']),
  preferPost: prefer([
    'return=representation',
    'return=minimal',
    'return=none',
    'resolution=ignore-duplicates',
    'resolution=merge-duplicates',
  ]),
  select: inQuery('select', 'Filtering Columns'),
  on_conflict: inQuery('on_conflict', 'On Conflict'),
  order: inQuery('order', 'Ordering'),
  range: inHeader('Range', 'Limiting and Pagination'),
  rangeUnit: { ...inHeader('Range-Unit', 'Limiting and Pagination'), default: 'items' },
  offset: inQuery('offset', 'Limiting and Pagination'),
  limit: inQuery('limit', 'Limiting and Pagination'),
}

/** Parameters of one table: a filter for each column, and its rows as a body. */
export function parametersOf({ name, columns }: Table): Record<string, object> {
  return {
    [`body.${name}`]: {
      name,
      description: name,
      required: false,
      in: 'body',
      schema: { $ref: `#/definitions/${name}` },
    },
    ...Object.fromEntries(
      [...columns.values()].map(column => [
        `rowFilter.${name}.${column.name}`,
        {
          name: column.name,
          ...(column.description === null ? {} : { description: column.description }),
          required: false,
          in: 'query',
          type: 'string',
        },
      ]),
    ),
  }
}
