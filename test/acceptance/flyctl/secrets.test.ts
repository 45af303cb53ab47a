import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries } from '../../support/fly-queries.ts'
import { machineType, secretType } from '../../support/fly-types.ts'
import { config, machines } from '../../support/flyctl.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()
let first: string

beforeAll(async () => {
  first = await run.launchApp()
})

describe('secrets list, set, unset, import, deploy, sync', () => {
  it('set, list, unset; --stage needs no more, deploy updates each machine with the version', async () => {
    const set = await run.fly.flaps(
      'POST',
      '/apps/gopher/secrets',
      { secrets: [secretType], version: 'uint' },
      { values: { KEY: 'one', OTHER: 'two' } },
    )
    const listed = await run.fly.flaps('GET', `/apps/gopher/secrets?min_version=${set.version}`, {
      secrets: [secretType],
    })
    expect(listed.secrets.map((one: { name: string }) => one.name)).toEqual(['KEY', 'OTHER'])
    const release = await run.flyctl.createRelease('ROLLING')
    const updated = await run.fly.flaps('POST', `${machines}/${first}`, machineType, {
      config: config({ fly_release_id: release.id, fly_release_version: String(release.version) }),
      region: 'fra',
      min_secrets_version: set.version,
    })
    await run.fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${updated.instance_id}&state=started&timeout=60`,
    )
    await run.flyctl.finishRelease(release.id)
    const seen = await run.fly.flaps(
      'POST',
      `${machines}/${first}/exec`,
      { stdout: 'string' },
      {
        cmd: `sh -c 'test "$KEY" = one && echo yes'`,
        timeout: 10,
      },
    )
    expect(seen.stdout).toBe('yes\n')
    await run.fly.flaps('POST', '/apps/gopher/secrets', undefined, { values: { OTHER: null } })

    // Before secrets were on the Machines API.
    const input = { appId: 'gopher', secrets: [{ key: 'THIRD', value: 'three' }] }
    expect((await run.fly.query(flyQueries.SetSecrets, { input }, {})).setSecrets.release).toBeNull()
    await run.fly.query(flyQueries.UnsetSecrets, { input: { appId: 'gopher', keys: ['KEY'] } }, {})
    const old = await run.fly.query(
      flyQueries.GetAppSecrets,
      { appName: 'gopher' },
      { app: { secrets: [{ name: 'string', digest: 'string', createdAt: 'time' }] } },
    )
    expect(old.app.secrets.map((one: { name: string }) => one.name)).toEqual(['THIRD'])
  })

  it('an unset of what is not there is no error: secrets sync asks for the version with it', async () => {
    const type = { secrets: [secretType], version: 'uint' } as const
    const bogus = { values: { BogusDummySecret_0123456789abcdef: null } }
    const { version } = await run.fly.flaps('POST', '/apps/gopher/secrets', type, bogus)
    expect(version).toBeGreaterThan(0)
    // flyctl remembers the version and asks for it later.
    await run.fly.flaps('GET', `/apps/gopher/secrets?version=${version}`, { secrets: [secretType] })
  })
})
