import { createHmac } from 'node:crypto'
import type { AppSecret } from '#contract'
import { iso } from './describe.ts'
import { engineErrors } from './errors.ts'
import type { SecretRecord } from './records.ts'
import type { EngineState } from './state.ts'

const longestValue = 1024 * 1024

/** App secrets: sealed at rest, shown as digests, one version for each change of the set. */
export function createSecretCalls(state: EngineState) {
  const { store, sealer, clock } = state.options

  return {
    async listSecrets(
      app: string,
      options: { showValues?: boolean; minVersion?: number } = {},
    ): Promise<AppSecret[]> {
      const { secretsVersion } = state.app(app)
      if (options.minVersion !== undefined && secretsVersion < options.minVersion)
        throw engineErrors.secretsVersion(options.minVersion, secretsVersion)
      return store.secrets(app).map(record => ({
        ...describe(record),
        ...(options.showValues ? { value: sealer.open(record.sealed, `${app}/${record.name}`) } : {}),
      }))
    },

    async setSecrets(
      app: string,
      values: Record<string, string | null>,
    ): Promise<{ secrets: AppSecret[]; version: number }> {
      const record = state.app(app)
      for (const [name, value] of Object.entries(values)) {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
          throw engineErrors.invalid(
            `"${name}" is not a secret name`,
            'Use letters, digits and underscores, not beginning with a digit.',
          )
        if (/^FLY_/.test(name))
          throw engineErrors.invalid(
            `"${name}" is reserved: names that begin with FLY_ are set by the platform`,
          )
        if (value !== null && Buffer.byteLength(value) > longestValue)
          throw engineErrors.invalid(`the value of ${name} is longer than ${longestValue} bytes`)
      }
      const known = new Map(store.secrets(app).map(secret => [secret.name, secret]))
      const now = clock.now()
      const version = record.secretsVersion + 1
      store.transaction(
        () => {
          for (const [name, value] of Object.entries(values)) {
            if (value === null) store.deleteSecret(app, name)
            else {
              store.saveSecret({
                app,
                name,
                sealed: sealer.seal(value, `${app}/${name}`),
                digest: digestOf(app, name, value),
                createdAt: known.get(name)?.createdAt ?? now,
                updatedAt: now,
              })
            }
          }
          store.saveApp({ ...record, secretsVersion: version })
        },
        { lasting: false },
      )
      state.redaction.mark(
        app,
        Object.values(values).filter(value => value !== null),
      )
      state.apps.set(app, { ...record, secretsVersion: version })
      state.changed(app)
      return { secrets: store.secrets(app).map(describe), version }
    },
  }
}

/** Equal for equal values of one name in one app, of no use to guess another's. */
function digestOf(app: string, name: string, value: string): string {
  return createHmac('sha256', `${app}/${name}`).update(value).digest('hex').slice(0, 16)
}

function describe(record: SecretRecord): AppSecret {
  return {
    name: record.name,
    digest: record.digest,
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
  }
}
