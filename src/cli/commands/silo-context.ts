import type { CommandCall } from '../context.ts'
import { hideSecrets } from '../output/hide-secrets.ts'
import { style } from '../output/style.ts'
import { pairs } from '../output/table.ts'

/** What the desk would tell a devops agent at this moment; nothing secret is printed unless asked for. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const found = await (await context.client()).call('siloContext', { silo_id: String(args[0]) })
  const reveal = options['reveal'] === true
  const info = reveal ? found.connection_info : hideSecrets(found.connection_info)
  context.print({ ...found, connection_info: info }, () =>
    [
      pairs([
        ['silo_id', found.silo_id],
        ['status', found.unsafe ? style.red(`${found.status} (unsafe: a service is down)`) : found.status],
        ...Object.entries(info).map(([name, value]) => [name, String(value ?? '-')] as const),
      ]),
      ...(reveal ? [] : [style.dim('Secrets are hidden; show them with --reveal.')]),
    ].join('\n'),
  )
}
