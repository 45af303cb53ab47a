import { randomInt } from 'node:crypto'
import type { App, CreateAppInput } from '#contract'
import { prefixedId } from '#kernel'
import { describeApp } from './describe.ts'
import { engineErrors } from './errors.ts'
import type { AppRecord } from './records.ts'
import type { EngineState } from './state.ts'
import { removeVolume } from './volumes.ts'

const appNameForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Apps: names are one global namespace, as on Fly. */
export function createAppCalls(state: EngineState) {
  const { store, clock, org: ownOrg, portBook } = state.options
  const describe = (record: AppRecord): App =>
    describeApp(record, {
      machines: state.actorsOf(record.name).length,
      volumes: [...state.volumes.values()].filter(
        volume => volume.app === record.name && volume.state === 'created',
      ).length,
    })

  return {
    async listApps(org?: string): Promise<App[]> {
      return [...state.apps.values()]
        .filter(app => org === undefined || org === app.org || org === 'personal')
        .map(describe)
    },

    async createApp(input: CreateAppInput): Promise<App> {
      if (!appNameForm.test(input.name)) throw engineErrors.appName(input.name)
      if (state.apps.has(input.name)) throw engineErrors.nameTaken(input.name)
      const record: AppRecord = {
        id: prefixedId('app'),
        name: input.name,
        numericId: randomInt(1, 2 ** 31),
        org: input.org ?? ownOrg,
        network: input.network || 'default',
        createdAt: clock.now(),
        secretsVersion: 0,
      }
      store.transaction(() => store.saveApp(record), { lasting: false })
      state.apps.set(record.name, record)
      state.changed(record.name)
      return describe(record)
    },

    async getApp(name: string): Promise<App> {
      return describe(state.app(name))
    },

    async deleteApp(name: string, options: { force?: boolean } = {}): Promise<void> {
      state.app(name)
      const actors = state.actorsOf(name)
      if (actors.length > 0 && !options.force) throw engineErrors.appHasMachines(name, actors.length)
      await Promise.all(actors.map(actor => actor.destroy('user', true)))
      for (const volume of [...state.volumes.values()])
        if (volume.app === name) await removeVolume(state, volume)
      store.deleteApp(name)
      state.apps.delete(name)
      state.redaction.drop(name)
      state.destroyed.drop(name)
      portBook.releaseAll(`door:${name}:`)
      state.changed(name)
    },
  }
}
