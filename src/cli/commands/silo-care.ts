import type { CommandCall } from '../context.ts'
import { confirmByName } from '../output/confirm.ts'
import { showProgress } from '../output/progress.ts'
import { style } from '../output/style.ts'
import { pairs, table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export const rotate = {
  async run({ args, context }: CommandCall): Promise<void> {
    const progress = showProgress(context.json)
    const silo = await (await context.client())
      .call('siloRotate', { silo_id: String(args[0]) }, { onProgress: progress.on })
      .finally(() => progress.end())
    context.print(
      silo,
      () => `${silo.alias} has new keys; the old ones are dead. See them: hangar silo connect ${silo.alias}`,
    )
  },
}

/** Without a mode: how it is. */
export const rls = {
  async run({ args, options, context }: CommandCall): Promise<void> {
    const client = await context.client()
    const silo_id = String(args[0])
    const mode = args[1] as 'production' | 'permissive' | 'disabled' | undefined
    const confirm = options['confirm'] === undefined ? {} : { confirm: String(options['confirm']) }
    const report =
      mode === undefined
        ? await client.call('siloRls', { silo_id })
        : await client.call('siloRlsSet', { silo_id, mode, ...confirm })
    const names = (list: readonly string[]) => (list.length === 0 ? '-' : list.join(', '))
    context.print(report, () =>
      [
        pairs([
          ['Mode', report.mode],
          ['Enforced', `on ${report.enforced} of ${report.tables} tables`],
          ['Without policy', names(report.without_policy)],
          ['Set aside', names(report.set_aside)],
          ['Not restored', names(report.not_restored)],
        ]),
        ...(report.mode === 'disabled'
          ? [style.red('Whoever has the public key reads and changes everything, until the silo stops.')]
          : []),
      ].join('\n'),
    )
  },
}

export const move = {
  async run({ args, options, context }: CommandCall): Promise<void> {
    const progress = showProgress(context.json)
    const input = {
      silo_id: String(args[0]),
      region: String(args[1]),
      ...(options['strict'] === true ? { strict: true } : {}),
    }
    const silo = await (await context.client())
      .call('siloMove', input, { onProgress: progress.on })
      .finally(() => progress.end())
    context.print(silo, () =>
      [`${silo.alias} is in ${silo.region}.`, ...(silo.warning === null ? [] : [silo.warning])].join('\n'),
    )
  },
}

export const destroyed = {
  async run({ context }: CommandCall): Promise<void> {
    const silos = await (await context.client()).call('siloDestroyed', {})
    context.print(silos, () =>
      table(
        ['SILO', 'REGION', 'DESTROYED', 'KEPT UNTIL'],
        silos.map(silo => [silo.alias, silo.region, ago(silo.destroyed_at), silo.kept_until]),
        'No destroyed silo is kept.',
      ),
    )
  },
}

export const restore = {
  async run({ args, context }: CommandCall): Promise<void> {
    const progress = showProgress(context.json)
    const silo = await (await context.client())
      .call('siloRestore', { silo_id: String(args[0]) }, { onProgress: progress.on })
      .finally(() => progress.end())
    context.print(silo, () => `${silo.alias} is back, with its data and keys.`)
  },
}

export const forget = {
  async run({ args, options, context }: CommandCall): Promise<void> {
    const name = String(args[0])
    if (options['yes'] !== true)
      await confirmByName(name, `Forgetting ${name}`, 'what is kept of it is deleted for good')
    const result = await (await context.client()).call('siloForget', { silo_id: name })
    context.print(result, () => `What was kept of ${name} is deleted.`)
  },
}

export const frontend = {
  async run({ args, options, context }: CommandCall): Promise<void> {
    const linked = await (await context.client()).call('siloFrontend', {
      silo_id: String(args[0]),
      site_id: String(args[1]),
      ...(options['url'] === undefined ? {} : { url: String(options['url']) }),
    })
    context.print(linked, () => `The site ${linked.site_id} has ${linked.url} and the anon key; it is built.`)
  },
}

export const regions = {
  async run({ context }: CommandCall): Promise<void> {
    const all = await (await context.client()).call('regionList', {})
    context.print(all, () =>
      table(
        ['CODE', 'LOCATION', 'ON FLY', 'FROM TORONTO', 'USE'],
        all.map(region => [
          region.code,
          region.location,
          region.on_fly ? 'yes' : `no: ${region.maps_to ?? ''}`,
          region.latency_from_toronto_ms === null ? '' : `${region.latency_from_toronto_ms} ms`,
          region.use ?? '',
        ]),
        '',
      ),
    )
  },
}
