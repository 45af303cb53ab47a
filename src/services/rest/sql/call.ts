import type { CallPlan } from '../plan/call.ts'
import type { Parameter } from '../schema/cache.ts'
import { ident, join, nothing, qualified, type Sql, sql, trusted, value } from './sql.ts'

/** Arguments of a call: the body's JSON object, texts from a query string, or the body as a whole. */
export type Arguments =
  | { readonly kind: 'json'; readonly names: readonly string[]; readonly json: string }
  | { readonly kind: 'texts'; readonly values: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'body'; readonly body: Buffer }

/** The call as it stands in FROM, under the name pgrst_call. */
export function callSql({ called }: CallPlan, given: Arguments): Sql {
  const target = qualified(called)
  const [first] = called.parameters
  switch (given.kind) {
    case 'body': {
      const type = first?.type ?? 'text'
      const body = type === 'bytea' ? `\\x${given.body.toString('hex')}` : given.body.toString()
      const name = first?.name ? sql`${ident(first.name)} := ` : nothing
      return sql`${target}(${name}${value(body)}::${trusted(type)}) as pgrst_call`
    }
    case 'texts': {
      const list = called.parameters.flatMap(parameter => {
        const values = given.values.get(parameter.name)
        return values ? [argument(parameter, value(textOf(parameter, values)), true)] : leftOut(parameter)
      })
      return sql`${target}(${join(list, ', ')}) as pgrst_call`
    }
    default: {
      const used = called.parameters.filter(({ name }) => given.names.includes(name))
      const others = called.parameters.filter(one => !used.includes(one)).flatMap(leftOut)
      if (used.length === 0) return sql`${target}(${join(others, ', ')}) as pgrst_call`
      const types = used.map(({ name, type }) => sql`${ident(name)} ${trusted(type)}`)
      const named = used.map(one => argument(one, sql`pgrst_arguments.${ident(one.name)}`, false))
      const list = [...named, ...others]
      return sql`json_to_record(${value(given.json)}::json) as pgrst_arguments (${join(types, ', ')}), lateral ${target}(${join(list, ', ')}) as pgrst_call`
    }
  }
}

function argument({ name, type, variadic }: Parameter, given: Sql, cast: boolean): Sql {
  return sql`${variadic ? trusted('variadic ') : nothing}${ident(name)} := ${given}${cast ? trusted(`::${type}`) : nothing}`
}

/** PostgreSQL does not call a variadic function without its last parameter, unless that is an empty list. */
function leftOut(parameter: Parameter): readonly Sql[] {
  return parameter.variadic && parameter.required ? [argument(parameter, trusted(`'{}'`), true)] : []
}

/** Said more than once, a variadic parameter is a list; of the others the last counts. */
function textOf({ variadic }: Parameter, values: readonly string[]): string {
  const last = values.at(-1) ?? ''
  if (!variadic || (values.length === 1 && last.startsWith('{'))) return last
  return `{${values.map(one => `"${one.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
