import { describe, expect, it } from 'vitest'
import type { AppRecord, MachineRecord, MachineStore } from '#engine'

/** What every MachineStore must do. `open` gives one; `reopen` what a new process would see of it. */
export function machineStoreContract(
  name: string,
  open: () => { store: MachineStore; reopen(): MachineStore; close(): void },
): void {
  describe(`${name} as a MachineStore`, () => {
    const using = (work: (store: MachineStore, reopen: () => MachineStore) => void) => {
      const { store, reopen, close } = open()
      try {
        work(store, reopen)
      } finally {
        close()
      }
    }

    it('keeps what was saved for the next process', () =>
      using((store, reopen) => {
        store.saveApp(app('shop'))
        store.saveMachine(machine('m1', 'shop'))
        store.savePort('door:shop:80', 20_001)
        store.saveSecret({
          app: 'shop',
          name: 'TOKEN',
          sealed: Uint8Array.of(1, 2, 255),
          digest: 'd',
          createdAt: 1,
          updatedAt: 2,
        })
        const later = reopen()
        expect(later.apps()).toEqual([app('shop')])
        expect(later.machines()).toEqual([machine('m1', 'shop')])
        expect(later.ports()).toEqual([{ key: 'door:shop:80', port: 20_001 }])
        expect([...(later.secrets('shop')[0]?.sealed ?? [])]).toEqual([1, 2, 255])
      }))

    it('writes all of a transaction or nothing', () =>
      using((store, reopen) => {
        store.saveApp(app('shop'))
        expect(() =>
          store.transaction(() => {
            store.saveApp(app('other'))
            store.saveMachine(machine('m1', 'other'))
            throw new Error('half-way')
          }),
        ).toThrow('half-way')
        expect(reopen().apps()).toEqual([app('shop')])
      }))

    it('gives events and versions newest first', () =>
      using(store => {
        store.saveApp(app('shop'))
        store.saveMachine(machine('m1', 'shop'))
        for (const id of ['01A', '01B', '01C']) {
          store.appendEvent({
            machineId: 'm1',
            id,
            type: 'start',
            status: 'started',
            source: 'user',
            timestamp: 1,
          })
          store.saveVersion({ machineId: 'm1', instanceId: id, config: { image: id }, createdAt: 1 })
        }
        expect(store.events('m1', 2).map(({ id }) => id)).toEqual(['01C', '01B'])
        expect(store.versions('m1').map(({ instanceId }) => instanceId)).toEqual(['01C', '01B', '01A'])
      }))

    it('deletes an app with everything that is its own, and nothing else', () =>
      using((store, reopen) => {
        for (const name of ['shop', 'other']) {
          store.saveApp(app(name))
          store.saveMachine(machine(`m-${name}`, name))
          store.saveIp({ app: name, ip: '1.2.3.4', region: '', serviceName: '', shared: true, createdAt: 1 })
        }
        store.deleteApp('shop')
        const later = reopen()
        expect(later.apps().map(({ name }) => name)).toEqual(['other'])
        expect(later.machines().map(({ id }) => id)).toEqual(['m-other'])
        expect(later.ips('shop')).toEqual([])
        expect(later.ips('other')).toHaveLength(1)
      }))
  })
}

function app(name: string): AppRecord {
  return {
    id: `id-${name}`,
    name,
    numericId: 1,
    org: 'personal',
    network: 'default',
    createdAt: 1,
    secretsVersion: 0,
  }
}

function machine(id: string, name: string): MachineRecord {
  return {
    id,
    app: name,
    name: id,
    region: 'iad',
    state: 'stopped',
    instanceId: '01A',
    config: { image: 'x' },
    image: { registry: 'r', repository: 'x', tag: '1' },
    createdAt: 1,
    updatedAt: 1,
    cordoned: false,
    lease: null,
    skipSecrets: false,
    minSecretsVersion: 0,
    token: null,
    handle: null,
    startedAt: null,
    failures: [],
    startedSecretsVersion: 0,
    prepared: true,
  }
}
