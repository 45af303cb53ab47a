import type { CommandCall } from '../context.ts'
import { hideSecrets } from '../output/hide-secrets.ts'
import { style } from '../output/style.ts'
import { pairs } from '../output/table.ts'

/** Nothing secret is printed unless asked for; the anon key is made to be public. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const connection = await (await context.client()).call('siloConnection', { silo_id: String(args[0]) })
  const reveal = options['reveal'] === true
  const shown = reveal ? connection : hideSecrets(connection)
  context.print(shown, () => {
    if (options['env'] === true) return envLines(shown)
    const lines = pairs(Object.entries(shown).map(([name, value]) => [name, String(value ?? '-')]))
    return reveal ? lines : `${lines}\n${style.dim('Secrets are hidden; show them with --reveal.')}`
  })
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
