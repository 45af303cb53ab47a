import { restErrors } from '../errors.ts'
import type { Answer } from '../response/answer.ts'
import type { Handling } from './parts.ts'

/** OPTIONS: what can be done with a resource. */
export function allowedMethods({ call, schema }: Handling): Answer {
  return {
    status: 200,
    headers: { allow: methods().join(','), 'access-control-allow-origin': '*' },
    body: '',
  }

  function methods(): string[] {
    const { resource, schemaName } = call
    if (resource.kind === 'root') return ['OPTIONS', 'GET', 'HEAD']
    const key = `${schemaName}.${resource.name}`
    if (resource.kind === 'function') {
      const overloads = schema.functions.get(key)
      const changes = overloads?.every(({ volatility }) => volatility === 'v') ?? true
      return changes ? ['OPTIONS', 'POST'] : ['OPTIONS', 'GET', 'HEAD', 'POST']
    }
    const table = schema.tables.get(key)
    if (!table) throw restErrors.noTable(schemaName, resource.name)
    return [
      'OPTIONS',
      'GET',
      'HEAD',
      ...(table.insertable ? ['POST'] : []),
      ...(table.insertable && table.updatable && table.primaryKey.length > 0 ? ['PUT'] : []),
      ...(table.updatable ? ['PATCH'] : []),
      ...(table.deletable ? ['DELETE'] : []),
    ]
  }
}
