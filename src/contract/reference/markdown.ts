import type { Operation } from '../operations/operation.ts'
import { operations } from '../operations/operations.ts'
import { agentRoles } from '../roles.ts'
import { accessMatrix, connectionFields, documentFields } from '../silos/access.ts'
import { siloPhases, statusWords } from '../silos/silo.ts'
import { inputJsonSchema, outputJsonSchema } from './json-schema.ts'
import { typeOf } from './page.ts'

/** How a field is seen that is not seen as it is. */
const hows = { masked: 'masked', read: 'one that only reads' } as const

/** docs/reference/operations.md: the contract as a page. */
export function operationsReference(): string {
  const all = Object.values<Operation>(operations)
  return `# Operations of the desk

Made from \`src/contract\`; a test keeps it true (\`npx vitest run test/desk-contract.test.ts -u\` writes it anew). How the desk works: [desk.md](desk.md).

Every operation is defined once. Over the Unix socket the operator may call all of them; over TCP and MCP an agent may call those that name its role. Unknown fields are refused everywhere. Paths with \`{silo_id}\` take the id or the alias \`{client}-{app}\`.

${table(
  ['operation', 'REST', 'MCP tool', 'command', 'roles', 'approval'],
  all.map(operation => [
    `[${operation.name}](#${anchor(operation)})`,
    routesOf(operation).map(code).join('<br>'),
    operation.tool ? code(operation.tool) : '',
    operation.command ? code(`hangar ${operation.command}`) : '',
    operation.roles.length === 0
      ? 'operator'
      : operation.roles.length === agentRoles.length
        ? 'all'
        : operation.roles.join(', '),
    approvalOf(operation),
  ]),
)}

## Who sees which connection data

\`silo.context\` (\`get_app_context\`) gives each role its fields by the phase of the silo. An empty cell: nothing. The operator is treated as devops.

${table(
  ['role', ...siloPhases],
  agentRoles.map(role => [
    role,
    ...siloPhases.map(phase => {
      const fields = Object.entries(accessMatrix[role][phase])
      if (fields.length === connectionFields.length) return 'all'
      return fields
        .map(([field, how]) => (how === 'shown' ? code(field) : `${code(field)} (${hows[how]})`))
        .join('<br>')
    }),
  ]),
)}

All: ${connectionFields.map(code).join(', ')}.

Documents that are cut for a role: ${Object.entries(documentFields)
    .flatMap(([role, documents]) =>
      Object.entries(documents ?? {}).map(
        ([name, fields]) => `${role} sees ${fields.map(code).join(', ')} of ${code(name)}`,
      ),
    )
    .join('; ')}.

## Phases and status words

${table(
  ['phase', '`silo.silo_status`, `overall_status`', '`devenv.devenv_status`, `devenv.silo_status`'],
  siloPhases.map(phase => [phase, statusWords[phase].silo, statusWords[phase].devenv]),
)}

${all.map(section).join('\n\n')}
`
}

function section(operation: Operation): string {
  const input = inputJsonSchema(operation)
  const fields = Object.entries(input.properties ?? {})
  const output = outputJsonSchema(operation)
  const shape = output.type === 'array' ? (output.items ?? {}) : output
  const properties = Object.keys(shape.properties ?? {})
  return `## ${operation.name}

${operation.summary}.${operation.annotations?.destructive ? ' Cannot be taken back by another call.' : ''}${operation.streams === 'progress' ? ' Answers with lines of JSON: progress, then the result.' : ''}${operation.streams === 'items' ? ' Answers with lines of JSON, one per item.' : ''}

${
  fields.length === 0
    ? 'No input.'
    : table(
        ['field', 'type', ''],
        fields.map(([name, schema]) => [
          code(name) + (input.required?.includes(name) ? '' : ' (optional)'),
          typeOf(schema),
          schema.description ?? '',
        ]),
      )
}

Answer: ${output.type === 'array' ? 'a list; each with ' : ''}${properties.map(code).join(', ') || typeOf(output)}.`
}

function routesOf({ method, path, also = [] }: Operation): string[] {
  return [path, ...also].map(route => `${method} ${route.replace(/:(\w+)/g, '{$1}')}`)
}

function approvalOf(operation: Operation): string {
  if (operation.approval === 'never') return ''
  return operation.annotations?.destructive ? 'yes, unless switched off' : 'no, unless switched on'
}

function anchor({ name }: Operation): string {
  return name.replaceAll('.', '')
}

function code(text: string): string {
  return `\`${text}\``
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n')
}
