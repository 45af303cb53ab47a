import { afterAll, beforeAll, expect } from 'vitest'
import { createFlyClient, type FlyClient } from './fly-client.ts'
import { appType, machineType } from './fly-types.ts'
import { config, createFlyctl, machines } from './flyctl.ts'
import { processesOf, startHangar, type TestHangar } from './hangar.ts'

export interface FlyctlSession {
  readonly hangar: TestHangar
  readonly fly: FlyClient
  readonly flyctl: ReturnType<typeof createFlyctl>
  /** What `hangar fly env --json` printed. */
  readonly environment: Readonly<Record<string, string>>
  /** Reads the environment again: a daemon that was started anew has other ports. */
  connect(): Promise<void>
  createApp(): Promise<void>
  /** The app `gopher` with one started machine. Resolves with the machine's id. */
  launchApp(): Promise<string>
}

/** One daemon for a test file, spoken to with the environment that `hangar fly env` prints. */
export function useFlyctl(): FlyctlSession {
  let hangar: TestHangar
  let fly: FlyClient
  let flyctl: ReturnType<typeof createFlyctl>
  let environment: Record<string, string>

  async function connect() {
    environment = await hangar.json('fly', 'env')
    fly = createFlyClient(environment['FLY_FLAPS_BASE_URL'] ?? '', environment['FLY_API_TOKEN'] ?? '')
    flyctl = createFlyctl(fly)
  }

  beforeAll(async () => {
    hangar = await startHangar()
    await connect()
  })
  afterAll(async () => {
    const { home } = hangar
    await hangar.stop()
    expect(await processesOf(home)).toEqual([])
  })

  async function createApp() {
    const input = { name: 'gopher', org_slug: 'personal', network: '', app_role_id: '' }
    await fly.flaps('POST', '/apps?wait=true', appType, input)
  }

  return {
    get hangar() {
      return hangar
    },
    get fly() {
      return fly
    },
    get flyctl() {
      return flyctl
    },
    get environment() {
      return environment
    },
    connect,
    createApp,
    async launchApp() {
      await createApp()
      const { id } = await fly.flaps('POST', machines, machineType, { config: config({}), region: 'fra' })
      await fly.flaps('GET', `${machines}/${id}/wait?state=started&timeout=60`)
      return id
    },
  }
}
