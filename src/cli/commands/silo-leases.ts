import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { state, style } from '../output/style.ts'
import { pairs, table } from '../output/table.ts'
import { ago } from '../output/time.ts'

/** Told once: the password is kept nowhere. */
export const grant = {
  async run({ args, options, context }: CommandCall): Promise<void> {
    const number = (name: string) => numberOf(`--${name}`, options[name])
    const lease = await (await context.client()).call('siloLease', {
      silo_id: String(args[0]),
      access: options['write'] === true ? 'read-write' : 'read-only',
      ...(options['bypassRls'] === true ? { bypass_rls: true } : {}),
      ...(number('minutes') === undefined ? {} : { minutes: number('minutes') }),
      ...(number('rows') === undefined ? {} : { row_limit: number('rows') }),
      ...(number('timeout') === undefined ? {} : { statement_timeout_ms: (number('timeout') ?? 0) * 1000 }),
      ...(options['purpose'] === undefined ? {} : { purpose: String(options['purpose']) }),
    })
    context.print(lease, () =>
      [
        pairs([
          ['Lease', `${lease.lease}, ${lease.access}, until ${lease.expires_at}`],
          ['Database', lease.db_connection_string],
          ['REST', `${lease.supabase_url}/rest/v1/`],
          ['apikey', lease.supabase_anon_key],
          ['Authorization', `Bearer ${lease.access_token}`],
        ]),
        `${style.dim('Shown once. End it with: ')}hangar silo revoke ${String(args[0])} ${lease.lease}`,
      ].join('\n'),
    )
  },
}

export const list = {
  async run({ args, context }: CommandCall): Promise<void> {
    const leases = await (await context.client()).call('siloLeases', { silo_id: String(args[0]) })
    context.print(leases, () =>
      table(
        ['LEASE', 'STATE', 'ACCESS', 'HOLDER', 'GRANTED', 'ENDS', 'PURPOSE'],
        leases.map(lease => [
          lease.lease,
          state(lease.state),
          lease.access + (lease.bypass_rls ? ', every row' : ''),
          `${lease.holder} (${lease.holder_role})`,
          ago(lease.created_at),
          lease.ended_at === null ? lease.expires_at : `${ago(lease.ended_at)}: ${lease.end_reason ?? ''}`,
          lease.purpose,
        ]),
        'No leases. Get one: hangar silo lease <silo>',
      ),
    )
  },
}

export const revoke = {
  async run({ args, context }: CommandCall): Promise<void> {
    const lease = await (await context.client()).call('siloLeaseRevoke', {
      silo_id: String(args[0]),
      lease: String(args[1]),
    })
    context.print(lease, () => `${lease.lease} is over: ${lease.end_reason ?? lease.state}.`)
  },
}
