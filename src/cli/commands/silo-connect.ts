import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { pairs } from '../output/table.ts'

const secret = new Set(['supabase_service_role_key', 'db_password', 'studio_password', 'jwt_secret'])

/** Nothing secret is printed unless asked for; the anon key is made to be public. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const connection = await (await context.client()).call('siloConnection', { silo_id: String(args[0]) })
  const reveal = options['reveal'] === true
  const shown = reveal ? connection : hidden(connection)
  context.print(shown, () => {
    if (options['env'] === true) return envLines(shown)
    const lines = pairs(Object.entries(shown).map(([name, value]) => [name, String(value ?? '-')]))
    return reveal ? lines : `${lines}\n${style.dim('Secrets are hidden; show them with --reveal.')}`
  })
}

function hidden<T extends Record<string, unknown>>(connection: T): T {
  return Object.fromEntries(
    Object.entries(connection).map(([name, value]) => {
      if (secret.has(name)) return [name, '(hidden)']
      if (name === 'db_connection_string') return [name, String(value).replace(/:[^:@/]*@/, ':(hidden)@')]
      return [name, value]
    }),
  ) as T
}

/** As frontends and workers of Supabase projects read them. */
function envLines(connection: Record<string, unknown>): string {
  return [
    `NEXT_PUBLIC_SUPABASE_URL=${connection['supabase_url']}`,
    `NEXT_PUBLIC_SUPABASE_ANON_KEY=${connection['supabase_anon_key']}`,
    `SUPABASE_URL=${connection['supabase_url']}`,
    `SUPABASE_ANON_KEY=${connection['supabase_anon_key']}`,
    `SUPABASE_SERVICE_ROLE_KEY=${connection['supabase_service_role_key']}`,
    `DATABASE_URL=${connection['db_connection_string']}`,
  ].join('\n')
}
