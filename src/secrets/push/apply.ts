import { HangarError } from '#kernel'
import type { SecretsApi } from '../target.ts'
import type { PushLedger } from './ledger.ts'

export interface SentSecrets {
  readonly app: string
  readonly names: readonly string[]
  /** The target's version of the app's secrets that holds them. */
  readonly version: number
}

/** Sends values (null deletes) to one app, in one call: they become one version. What is sent is recorded before and after. */
export async function sendSecrets(
  api: SecretsApi,
  ledger: PushLedger,
  target: string,
  app: string,
  values: Readonly<Record<string, string | null>>,
): Promise<SentSecrets> {
  await ledger.begin(target, app, values, new Date())
  const { secrets, version } = await call(api, app, values)
  const known = secrets.length > 0 ? secrets : await api.listSecrets(app)
  const names = Object.keys(values)
  const digests = known
    .filter(({ name }) => names.includes(name))
    .map(({ name, digest }) => [name, digest] as const)
  await ledger.done(target, app, new Map(digests))
  return { app, names, version }
}

async function call(api: SecretsApi, app: string, values: Readonly<Record<string, string | null>>) {
  try {
    return await api.setSecrets(app, { ...values })
  } catch (error) {
    if (!(error instanceof HangarError) || error.status !== 404) throw error
    throw new HangarError(`There is no app ${app} on the target yet`, {
      code: 'HGR_SECRETS_NO_APP',
      status: 404,
      hint: 'Secrets belong to an app: create it first (fly apps create, or a deploy), then push.',
      cause: error,
    })
  }
}

export interface AppliedMachine {
  readonly id: string
  readonly outcome: 'restarted' | 'updated'
}

/**
 * Makes every machine of an app take up that version now, one after the other: the next is touched when the one before it runs.
 * A machine that does not run is updated and stays as it is.
 */
export async function applySecrets(
  api: SecretsApi,
  app: string,
  version: number,
  onMachine: (machine: AppliedMachine) => void = () => {},
): Promise<AppliedMachine[]> {
  const done: AppliedMachine[] = []
  for (const machine of await api.listMachines(app)) {
    if (machine.state === 'destroyed' || machine.state === 'destroying') continue
    const runs = ['starting', 'started', 'suspended', 'suspending'].includes(machine.state)
    const updated = await api.updateMachine(app, machine.id, {
      config: machine.config,
      currentVersion: machine.instance_id,
      ...(version > 0 ? { minSecretsVersion: version } : {}),
      ...(runs ? {} : { skipLaunch: true }),
    })
    if (runs)
      await api.waitMachine(app, machine.id, {
        states: ['started'],
        version: updated.instance_id,
        timeout: 60,
      })
    const outcome = { id: machine.id, outcome: runs ? ('restarted' as const) : ('updated' as const) }
    done.push(outcome)
    onMachine(outcome)
  }
  return done
}
