import {
  abandonRotation,
  applySecrets,
  beginRotation,
  generateFor,
  lateMachines,
  PushLedger,
  RotationBook,
  retireRotation,
} from '#secrets'
import type { CommandCall } from '../context.ts'
import { readSecretValue } from '../input/secret-value.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'
import { type OpenedTarget, openTarget, targetName } from '../target/open-target.ts'
import { recordsFolder, stackFiles } from '../target/stack-call.ts'

/** Two phases: new beside old, then the old one is retired. Without a name: what is under way, and who still runs the old value. */
export async function run(call: CommandCall): Promise<void> {
  const target = await openTarget(call, targetName(call) ?? 'local')
  try {
    if (call.args[0] === undefined) await list(call, target)
    else await rotate(call, target, String(call.args[0]))
  } finally {
    target.api.close()
  }
}

async function rotate(call: CommandCall, target: OpenedTarget, name: string): Promise<void> {
  const { options, context } = call
  const parts = {
    files: await stackFiles(call, target.name),
    api: target.api,
    target: target.key,
    ledger: await PushLedger.open(recordsFolder(call)),
    book: new RotationBook(recordsFolder(call)),
    environment: process.env,
  }
  const given = options['fromFile'] === undefined ? undefined : String(options['fromFile'])
  const { rotation, versions } =
    options['retire'] === true
      ? await retireRotation(parts, name, { force: options['force'] === true })
      : options['abandon'] === true
        ? await abandonRotation(parts, name)
        : await beginRotation(parts, name, async declaration =>
            given === undefined && (declaration.generate !== undefined || declaration.bytes !== undefined)
              ? generateFor(declaration)
              : await readSecretValue(name, given),
          )
  if (options['now'] === true)
    for (const [app, version] of versions) await applySecrets(target.api, app, version)
  const late = options['retire'] === true ? [] : await lateMachines(parts, rotation)
  const places = rotation.places.map(place => `${place.name} of ${place.app}`).join(', ')
  context.print({ name, places: rotation.places, late }, () => {
    if (options['retire'] === true) return `The old value is gone: ${places}`
    if (options['abandon'] === true) return `The old value is back: ${places}`
    const next =
      late.length > 0
        ? `These machines still run the old value:\n${machines(late)}\nDeploy or restart them, then: hangar secrets rotate ${name} --retire`
        : `No machine runs the old value. When nobody else needs it: hangar secrets rotate ${name} --retire`
    return `The new value is set, the old one is beside it as …_PREVIOUS: ${places}\n${next}`
  })
}

async function list(call: CommandCall, target: OpenedTarget): Promise<void> {
  const mine = (await new RotationBook(recordsFolder(call)).all()).filter(one => one.target === target.key)
  const rows = await Promise.all(
    mine.map(async one => ({ ...one, late: await lateMachines({ api: target.api }, one) })),
  )
  call.context.print(rows, () =>
    table(
      ['SECRET', 'PHASE', 'SINCE', 'IN', 'STILL RUNNING THE OLD ONE'],
      rows.map(row => [
        row.source,
        row.phase,
        ago(row.startedAt),
        row.places.map(place => `${place.app}:${place.name}`).join(', '),
        row.late.map(one => `${one.id} (${one.app})`).join(', ') || '-',
      ]),
      'No rotation is under way.',
    ),
  )
}

function machines(late: readonly { app: string; id: string; state: string }[]): string {
  return table(
    ['APP', 'MACHINE', 'STATE'],
    late.map(one => [one.app, one.id, one.state]),
    '',
  )
}
